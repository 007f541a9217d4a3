import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** API keys: the list of them, which can be made again from the events, and their secrets, which cannot. */
export class CreateApiKeys1700600000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `create table acci.api_keys (
         tenant_id uuid not null,
         id uuid not null,
         name text not null,
         permissions text[] not null,
         expires_at timestamptz,
         created_at timestamptz not null,
         revoked_at timestamptz,
         primary key (tenant_id, id))`,
      ...tenantTable('acci.api_keys'),
      // One row has all that a request is judged by, so that judging is one read, and goes on while the list is rebuilt.
      // A revoked key has no hash any more.
      `create table acci.api_key_secrets (
         tenant_id uuid not null,
         key_id uuid not null,
         secret_hash bytea check (octet_length(secret_hash) = 32),
         permissions text[] not null,
         expires_at timestamptz,
         last_used_at timestamptz,
         primary key (tenant_id, key_id))`,
      // Whoever may read all tenants has no business with their secrets.
      ...tenantTable('acci.api_key_secrets', { app: ['select', 'insert', 'update'], system: [] }),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.api_key_secrets, acci.api_keys');
  }
}
