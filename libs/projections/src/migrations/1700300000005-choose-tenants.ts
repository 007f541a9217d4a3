import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A projection may exist for chosen tenants alone. */
export class ChooseTenants1700300000005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.projection_tenants');
    await queryRunner.query('alter table acci.projection_builds drop column tenants');
  }
}

const statements = [
  // Of the build, not of the projection: another version may be for all, while both serve.
  `alter table acci.projection_builds
     add column tenants text not null default 'all' check (tenants in ('all', 'chosen'))`,
  // The choice, and nothing of those who were not chosen. It outlasts builds, and goes with the tenant's other rows.
  `create table acci.projection_tenants (
     tenant_id uuid not null,
     projection text not null,
     chosen_at timestamptz not null default clock_timestamp(),
     primary key (tenant_id, projection))`,
  'create index projection_tenants_of on acci.projection_tenants (projection, tenant_id)',
  ...tenantTable('acci.projection_tenants', { app: [], system: ['select', 'insert', 'delete'] }),
];
