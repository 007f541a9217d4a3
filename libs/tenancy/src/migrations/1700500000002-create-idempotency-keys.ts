import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was answered under each tenant's idempotency keys. */
export class CreateIdempotencyKeys1700500000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      ...idempotencyKeys,
      ...tenantTable('acci.idempotency_keys', { system: ['select', 'delete'] }),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.idempotency_keys');
  }
}

const idempotencyKeys = [
  // `expires_at` ends the holder's lease while there is no answer, and the keeping of the answer once there is one.
  `create table acci.idempotency_keys (
     tenant_id uuid not null,
     key text not null,
     fingerprint text not null,
     token uuid not null,
     expires_at timestamptz not null,
     status int,
     headers json,
     body text,
     primary key (tenant_id, key))`,
  'create index idempotency_keys_by_expiry on acci.idempotency_keys (expires_at)',
];
