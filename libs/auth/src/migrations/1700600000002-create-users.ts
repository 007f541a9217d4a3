import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The read model of users, the words that they are found by, and which of different tenants are one person. */
export class CreateUsers1700600000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      ...users,
      ...tenantTable('acci.users'),
      ...words,
      ...tenantTable('acci.user_words'),
      links,
      ...tenantTable('acci.identity_links', { app: [] }),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.identity_links, acci.user_words, acci.users');
  }
}

const users = [
  // `name_key` is stored because lower() may leak, as PostgreSQL sees it: under row-level security an index on the
  // expression would never be used. E-mail addresses and user names come folded. They are unique by claims of the
  // events: a unique index could not be rebuilt while two who are forgotten read alike.
  `create table acci.users (
     tenant_id uuid not null,
     id uuid not null,
     email text not null,
     user_name text,
     display_name text not null,
     name_key text not null generated always as (lower(display_name)) stored,
     given_name text,
     family_name text,
     department text,
     locale text,
     status text not null check (status in ('invited', 'active', 'deactivated')),
     locked_at timestamptz,
     lock_reason text,
     email_verified_at timestamptz,
     registered_at timestamptz,
     version int not null,
     created_at timestamptz not null,
     updated_at timestamptz not null,
     primary key (tenant_id, id))`,
  'create index users_by_email on acci.users (tenant_id, email, id)',
  'create index users_by_user_name on acci.users (tenant_id, user_name) where user_name is not null',
  'create index users_by_name on acci.users (tenant_id, name_key, id)',
  'create index users_by_creation on acci.users (tenant_id, created_at, id)',
  'create index users_by_department on acci.users (tenant_id, department) where department is not null',
  // Nearly all are active and nearly none is locked: only the others are worth looking for.
  "create index users_not_active on acci.users (tenant_id, status) where status <> 'active'",
  'create index users_registered on acci.users (tenant_id, registered_at) where registered_at is not null',
  'create index users_locked on acci.users (tenant_id, locked_at) where locked_at is not null',
];

const words = [
  // Byte order, in which all words that begin alike are one range. Comparisons of text leak nothing, as PostgreSQL sees
  // it; those of LIKE or of trigrams might, and would use no index under row-level security.
  `create table acci.user_words (
     tenant_id uuid not null,
     user_id uuid not null,
     place int not null,
     word text collate "C" not null,
     primary key (tenant_id, user_id, place))`,
  'create index user_words_by_word on acci.user_words (tenant_id, word, user_id)',
];

// A row on either side. It is no read model: no event says who the other one is, and nobody asks for a tenant's links,
// only for a person's, which reach into other tenants.
const links = `
  create table acci.identity_links (
    tenant_id uuid not null,
    user_id uuid not null,
    other_tenant_id uuid not null,
    other_user_id uuid not null,
    id uuid not null,
    linked_at timestamptz not null default now(),
    primary key (tenant_id, user_id, other_tenant_id, other_user_id),
    check (other_tenant_id <> tenant_id))`;
