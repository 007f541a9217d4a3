import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The read model of tenants. */
export class CreateTenantDirectory1700500000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [...directory, ...tenantTable('acci.tenant_directory')]) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.tenant_directory');
  }
}

const directory = [
  // `name_key` is stored because lower() may leak, as PostgreSQL sees it: under row-level security an index on the
  // expression would never be used.
  `create table acci.tenant_directory (
     tenant_id uuid not null,
     id uuid not null,
     slug text not null,
     name text not null,
     name_key text not null generated always as (lower(name)) stored,
     plan text not null,
     home_region text not null,
     settings jsonb not null,
     parent_id uuid,
     status text not null check (status in ('active', 'suspended', 'deletion_scheduled')),
     suspension_reason text,
     deletion_reason text,
     deletion_due_at timestamptz,
     version int not null,
     created_at timestamptz not null,
     updated_at timestamptz not null,
     primary key (tenant_id, id))`,
  'create index tenant_directory_by_name on acci.tenant_directory (tenant_id, name_key, id)',
  'create index tenant_directory_by_slug on acci.tenant_directory (tenant_id, slug, id)',
  'create index tenant_directory_by_creation on acci.tenant_directory (tenant_id, created_at, id)',
  'create index tenant_directory_by_parent on acci.tenant_directory (tenant_id, parent_id) where parent_id is not null',
  `create index tenant_directory_by_due_date on acci.tenant_directory (tenant_id, deletion_due_at)
     where deletion_due_at is not null`,
];
