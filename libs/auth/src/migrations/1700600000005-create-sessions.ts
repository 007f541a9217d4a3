import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions that go on. One that has ended has no row; that it was there is in its events. */
export class CreateSessions1700600000005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      // `user_id` is null for an operator who acts in the tenant as nobody in particular.
      `create table acci.sessions (
         tenant_id uuid not null,
         id uuid not null,
         user_id uuid,
         token_hash bytea not null check (octet_length(token_hash) = 32),
         created_at timestamptz not null,
         last_seen_at timestamptz not null,
         idle_ms int not null check (idle_ms > 0),
         expires_at timestamptz not null,
         device text,
         address text,
         amr text[] not null,
         impersonator jsonb,
         version int not null default 1,
         check (user_id is not null or impersonator is not null),
         primary key (tenant_id, id))`,
      'create index sessions_by_user on acci.sessions (tenant_id, user_id, id)',
      'create index sessions_by_end on acci.sessions (tenant_id, expires_at)',
      'create index impersonations on acci.sessions (tenant_id, id) where impersonator is not null',
      // Whoever may read all tenants has no business with their secrets.
      ...tenantTable('acci.sessions', { system: [] }),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.sessions');
  }
}
