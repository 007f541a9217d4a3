import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Passwords, as encrypted hashes, and what is counted to slow down those who guess them. */
export class CreatePasswords1700600000004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `create table acci.user_passwords (
         tenant_id uuid not null,
         user_id uuid not null,
         sealed_hash bytea not null,
         changed_at timestamptz not null,
         primary key (tenant_id, user_id))`,
      // Whoever may read all tenants has no business with their secrets.
      ...tenantTable('acci.user_passwords', { system: [] }),
      // Only hashes of what was typed and where from: nobody need be a user for it.
      `create table acci.login_attempts (
         tenant_id uuid not null,
         subject text not null check (subject in ('account', 'address', 'device')),
         key_hash bytea not null check (octet_length(key_hash) = 32),
         failures int not null,
         failed_at timestamptz not null,
         blocked_until timestamptz not null,
         primary key (tenant_id, subject, key_hash))`,
      'create index login_attempts_by_age on acci.login_attempts (tenant_id, failed_at)',
      ...tenantTable('acci.login_attempts', { system: [] }),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.login_attempts, acci.user_passwords');
  }
}
