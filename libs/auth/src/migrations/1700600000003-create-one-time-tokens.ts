import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tokens that open one thing once, as hashes. */
export class CreateOneTimeTokens1700600000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `create table acci.one_time_tokens (
         tenant_id uuid not null,
         id uuid not null,
         user_id uuid not null,
         purpose text not null
           check (purpose in ('invitation', 'registration', 'email_change', 'password_reset', 'set_up',
                              'identity_link')),
         secret_hash bytea not null check (octet_length(secret_hash) = 32),
         data jsonb not null,
         expires_at timestamptz not null,
         used_at timestamptz,
         primary key (tenant_id, id))`,
      'create index one_time_tokens_by_user on acci.one_time_tokens (tenant_id, user_id, purpose, id)',
      'create index one_time_tokens_by_end on acci.one_time_tokens (tenant_id, expires_at)',
      // Whoever may read all tenants has no business with their secrets.
      ...tenantTable('acci.one_time_tokens', { system: [] }),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.one_time_tokens');
  }
}
