import { randomInt } from 'node:crypto';
import {
  Database,
  databaseMigrations,
  prepared,
  tenantTable,
  uuidv7,
  type Transaction,
} from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class CreateMarks1700900000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'create table acci.marks (tenant_id uuid not null, id uuid, primary key (tenant_id, id))',
    );
    for (const sql of tenantTable('acci.marks')) await queryRunner.query(sql);
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.marks');
  }
}

const tenants = Array.from({ length: 20 }, () => uuidv7());
const insert = prepared('insert into acci.marks (tenant_id, id) values (acci.current_tenant(), $1)');
const readAll = prepared('select distinct tenant_id from acci.marks');
const requests = 10_000;

it('10,000 requests of 20 tenants over 2 connections, with throws and time-outs in mid-transaction: 0 foreign rows', async () => {
  const db = await TestDatabase.create({ migrations: [...databaseMigrations, CreateMarks1700900000001] });
  const pool = { max: 2, acquireTimeoutMs: 60_000, statementTimeoutMs: 25 };
  const database = await Database.connect({ urls: db.urls, pool });
  const kept = new Map(tenants.map((tenant) => [tenant, 0]));
  const failures = new Map<string, number>();
  let foreign = 0;

  const behaviours: ((tx: Transaction, see: (rows: object[]) => void) => Promise<void>)[] = [
    async (tx, see) => see(await tx.query(readAll)),
    async (tx) => void tx.execute(insert, [uuidv7()]),
    async (tx, see) => {
      await tx.query(insert, [uuidv7()]);
      see(await tx.query(readAll));
      throw new Error('thrown');
    },
    async (tx) => {
      tx.execute(insert, [uuidv7()]);
      throw new Error('thrown unsent');
    },
    async (tx) => {
      await tx.query(insert, [uuidv7()]);
      await tx.query('select 1 / 0');
    },
    async (tx) => {
      await tx.query(insert, [uuidv7()]);
      await tx.query('select nonsense').catch(() => {});
    },
  ];

  const request = async (index: number): Promise<void> => {
    const tenant = tenants[randomInt(tenants.length)] as string;
    const see = (rows: object[]) => {
      foreign += (rows as { tenant_id: string }[]).filter(({ tenant_id }) => tenant_id !== tenant).length;
    };
    const timesOut = index % 250 === 0;
    const behaviour = index % behaviours.length;
    try {
      if (index % 7 === 0) see(await database.queryInTenant(tenant, readAll));
      else if (index % 7 === 1) see(await database.readInTenant(tenant, readAll));
      else if (timesOut) await database.inTenant(tenant, (tx) => tx.query('select pg_sleep(1)'));
      else {
        await database.inTenant(tenant, (tx) => behaviours[behaviour]?.(tx, see));
        if (behaviour === 1) kept.set(tenant, (kept.get(tenant) ?? 0) + 1);
      }
    } catch (error) {
      const { name } = error as Error;
      failures.set(name, (failures.get(name) ?? 0) + 1);
    }
  };

  let next = 0;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (next < requests) await request(next++);
    }),
  );

  expect(foreign).toBe(0);
  expect([...failures.keys()].toSorted()).toEqual(
    expect.arrayContaining(['DatabaseTimeout', 'Error', 'TransactionAborted']),
  );
  const stored = await db.admin<{ tenant_id: string; count: number }>(
    'select tenant_id, count(*)::int as count from acci.marks group by 1',
  );
  expect(new Map(stored.map(({ tenant_id, count }) => [tenant_id, count]))).toEqual(
    new Map([...kept].filter(([, count]) => count > 0)),
  );
  await database.close();
  await db.close();
});
