import type { MigrationInterface, QueryRunner } from 'typeorm';
import { globalTable } from '../tenant-table.js';

/** The tenant of a transaction, as policies read it, and the runtime roles' way into the schema. */
export class CreateTenantSetting1700100000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // `nullif`: a transaction-local setting leaves an empty string behind, which must mean "no tenant".
    await queryRunner.query(`
      create function acci.current_tenant() returns uuid
      language sql stable parallel safe
      return nullif(current_setting('acci.tenant_id', true), '')::uuid`);
    await queryRunner.query('revoke all on function acci.current_tenant() from public');
    await queryRunner.query('grant execute on function acci.current_tenant() to acci_app, acci_system');
    await queryRunner.query('grant usage on schema acci to acci_app, acci_system');
    for (const sql of globalTable('acci.migrations', 'which migrations ran', {
      app: ['select'],
      system: ['select'],
    })) {
      await queryRunner.query(sql);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('revoke all on acci.migrations from acci_app, acci_system');
    await queryRunner.query('revoke usage on schema acci from acci_app, acci_system');
    await queryRunner.query('drop function acci.current_tenant()');
  }
}
