import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The read models of roles and groups, and who has which role. */
export class CreateRoles1700600000006 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [...roles, ...groups]) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.group_members, acci.groups, acci.role_assignments, acci.roles');
  }
}

// `name_key` is stored because lower() may leak, as PostgreSQL sees it: under row-level security an index on the
// expression would never be used.
const roles = [
  `create table acci.roles (
     tenant_id uuid not null,
     id text not null,
     name text not null,
     name_key text not null generated always as (lower(name)) stored,
     description text,
     permissions text[] not null,
     condition jsonb,
     version int not null,
     created_at timestamptz not null,
     updated_at timestamptz not null,
     primary key (tenant_id, id))`,
  'create index roles_by_name on acci.roles (tenant_id, name_key, id)',
  ...tenantTable('acci.roles'),
  // The key begins with the principal: what somebody holds is one range of it, read at every request.
  `create table acci.role_assignments (
     tenant_id uuid not null,
     principal_type text not null
       check (principal_type in ('user', 'group', 'api_key', 'service_account', 'guest')),
     principal_id uuid not null,
     role_id text not null,
     home_tenant_id uuid check ((home_tenant_id is not null) = (principal_type = 'guest')),
     primary key (tenant_id, principal_type, principal_id, role_id))`,
  'create index role_assignments_by_role on acci.role_assignments (tenant_id, role_id)',
  ...tenantTable('acci.role_assignments'),
];

const groups = [
  `create table acci.groups (
     tenant_id uuid not null,
     id uuid not null,
     name text not null,
     name_key text not null generated always as (lower(name)) stored,
     description text,
     version int not null,
     created_at timestamptz not null,
     updated_at timestamptz not null,
     primary key (tenant_id, id))`,
  'create index groups_by_name on acci.groups (tenant_id, name_key, id)',
  ...tenantTable('acci.groups'),
  `create table acci.group_members (
     tenant_id uuid not null,
     group_id uuid not null,
     user_id uuid not null,
     primary key (tenant_id, group_id, user_id))`,
  'create index group_members_by_user on acci.group_members (tenant_id, user_id, group_id)',
  ...tenantTable('acci.group_members'),
];
