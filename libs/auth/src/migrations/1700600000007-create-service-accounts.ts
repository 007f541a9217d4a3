import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Owners, networks, rotation and versions of API keys; service accounts, what they log in with, and their access tokens. */
export class CreateServiceAccounts1700600000007 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [...apiKeys, ...serviceAccounts]) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      drop table acci.service_account_tokens, acci.service_account_assertions, acci.service_account_credentials,
                 acci.service_accounts`);
    await queryRunner.query(`
      alter table acci.api_key_secrets
        drop column previous_hash, drop column previous_until, drop column address_ranges, drop column owner_type,
        drop column owner_id`);
    await queryRunner.query(`
      alter table acci.api_keys
        drop column address_ranges, drop column owner_type, drop column owner_id, drop column rotated_at,
        drop column previous_until, drop column version`);
  }
}

const owner = `add column owner_type text check (owner_type in ('user', 'service_account')),
     add column owner_id uuid,
     add check ((owner_type is null) = (owner_id is null))`;

const apiKeys = [
  `alter table acci.api_keys
     add column address_ranges text[] not null default '{}',
     add column rotated_at timestamptz,
     add column previous_until timestamptz,
     add column version int not null default 1,
     ${owner}`,
  `alter table acci.api_key_secrets
     add column previous_hash bytea check (octet_length(previous_hash) = 32),
     add column previous_until timestamptz,
     add column address_ranges text[] not null default '{}',
     ${owner}`,
];

const serviceAccounts = [
  // `name_key` is stored because lower() may leak, as PostgreSQL sees it: under row-level security an index on the
  // expression would never be used.
  `create table acci.service_accounts (
     tenant_id uuid not null,
     id uuid not null,
     name text not null,
     name_key text not null generated always as (lower(name)) stored,
     description text,
     permissions text[] not null,
     disabled_at timestamptz,
     version int not null,
     created_at timestamptz not null,
     updated_at timestamptz not null,
     primary key (tenant_id, id))`,
  'create index service_accounts_by_name on acci.service_accounts (tenant_id, name_key, id)',
  'create index service_accounts_by_creation on acci.service_accounts (tenant_id, created_at, id)',
  ...tenantTable('acci.service_accounts'),
  // Not made of events: a secret is in none. A row is there as long as somebody may log in with it.
  `create table acci.service_account_credentials (
     tenant_id uuid not null,
     account_id uuid not null,
     id uuid not null,
     name text not null,
     secret_hash bytea check (octet_length(secret_hash) = 32),
     public_key jsonb,
     key_id text,
     expires_at timestamptz,
     created_at timestamptz not null default now(),
     last_used_at timestamptz,
     primary key (tenant_id, account_id, id),
     check ((secret_hash is null) <> (public_key is null)),
     check ((key_id is null) = (public_key is null)),
     unique (tenant_id, account_id, key_id))`,
  // Whoever may read all tenants has no business with their secrets.
  ...tenantTable('acci.service_account_credentials', { system: [] }),
  // The ids of assertions that were used, as hashes, for as long as these could be used again.
  `create table acci.service_account_assertions (
     tenant_id uuid not null,
     account_id uuid not null,
     id_hash bytea not null check (octet_length(id_hash) = 32),
     expires_at timestamptz not null,
     primary key (tenant_id, account_id, id_hash))`,
  'create index service_account_assertions_by_end on acci.service_account_assertions (tenant_id, expires_at)',
  ...tenantTable('acci.service_account_assertions', { system: [] }),
  `create table acci.service_account_tokens (
     tenant_id uuid not null,
     id uuid not null,
     account_id uuid not null,
     credential_id uuid not null,
     token_hash bytea not null check (octet_length(token_hash) = 32),
     scope text[] not null,
     created_at timestamptz not null default now(),
     expires_at timestamptz not null,
     primary key (tenant_id, id))`,
  'create index service_account_tokens_by_end on acci.service_account_tokens (tenant_id, expires_at)',
  ...tenantTable('acci.service_account_tokens', { system: [] }),
];
