import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateParcelList1800000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create schema shipping');
    await queryRunner.query('grant usage on schema shipping to acci_app, acci_system');
    await queryRunner.query(`
      create table shipping.parcel_list (
        tenant_id uuid not null,
        parcel_id uuid not null,
        tracking_number text not null,
        recipient text not null,
        delivered boolean not null default false,
        primary key (tenant_id, parcel_id))`);
    // Row-level security: from here on no tenant reaches another one's rows, whatever the query says.
    for (const sql of tenantTable('shipping.parcel_list')) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop schema shipping cascade');
  }
}
