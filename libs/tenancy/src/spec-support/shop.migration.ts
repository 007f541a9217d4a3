import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const tables = ['customers', 'a_notes', 'categories', '"Odd Name"', 'visits', 'visits_1', 'visits_2', 'many'];

/** Tables as an app may have them: referencing each other and themselves, partitioned, oddly named. */
export class CreateShop1700900000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [
      'create schema shop',
      'grant usage on schema shop to acci_app, acci_system',
      'create table shop.customers (tenant_id uuid, id int, name text, primary key (tenant_id, id))',
      `create table shop.a_notes (tenant_id uuid, id int, customer_id int, text text, primary key (tenant_id, id),
         foreign key (tenant_id, customer_id) references shop.customers)`,
      `create table shop.categories (tenant_id uuid, id int, parent_id int, primary key (tenant_id, id),
         foreign key (tenant_id, parent_id) references shop.categories)`,
      'create index on shop.categories (tenant_id, parent_id)',
      'create table shop."Odd Name" (tenant_id uuid not null, data jsonb)',
      'create table shop.visits (tenant_id uuid not null, day int) partition by list (day)',
      'create table shop.visits_1 partition of shop.visits for values in (1)',
      'create table shop.visits_2 partition of shop.visits for values in (2)',
      'create table shop.many (tenant_id uuid not null, text text)',
      ...tables.flatMap((table) => tenantTable(`shop.${table}`)),
      'revoke all on shop.visits_1, shop.visits_2 from acci_app, acci_system',
    ]) {
      await queryRunner.query(sql);
    }
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop schema shop cascade');
  }
}
