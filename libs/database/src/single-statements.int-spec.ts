import { AsyncLocalStorage } from 'node:async_hooks';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  databaseMigrations,
  InvalidTenantId,
  prepared,
  tenantTable,
  TransactionUnderWay,
  uuidv7,
  type Database,
} from './index.js';
import { TestDatabase } from './testing.js';

/** Runs work as another request would: not inside a transaction that is open here. */
const outside = AsyncLocalStorage.snapshot();

class CreateNotes1700100000900 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create table acci.notes (tenant_id uuid, id int, primary key (tenant_id, id))');
    for (const sql of tenantTable('acci.notes')) await queryRunner.query(sql);
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.notes');
  }
}

const tenants = [uuidv7(), uuidv7(), uuidv7()];
const [a = '', b = ''] = tenants;

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await TestDatabase.create({ migrations: [...databaseMigrations, CreateNotes1700100000900] });
  ({ database } = db);
  for (const tenant of tenants) {
    await database.inTenant(tenant, (tx) =>
      tx.query('insert into acci.notes (tenant_id, id) values ($1, 1)', [tenant]),
    );
  }
});
afterAll(() => db.close());

describe('queryInTenants', () => {
  const insert = prepared('insert into acci.notes (tenant_id, id) values ($1, $2) returning id');
  const limit = { lockTimeoutMs: 100 };
  const parts = (id: number) =>
    tenants.map((tenantId) => ({ tenantId, statement: insert, values: [tenantId, id] }));

  it('runs each statement under its own tenant, in one transaction', async () => {
    const [first, second] = await database.queryInTenants<{ tenant_id: string; xid: string }>(
      [a, b].map((tenantId) => ({
        tenantId,
        statement: 'select tenant_id, pg_current_xact_id()::text as xid from acci.notes where id = 1',
      })),
      limit,
    );
    expect([first?.[0]?.tenant_id, second?.[0]?.tenant_id]).toEqual([a, b]);
    expect(first?.[0]?.xid).toBe(second?.[0]?.xid);
  });

  it('does nothing at all where one statement is refused', async () => {
    const refused = database.queryInTenants(
      [...parts(20), { tenantId: a, statement: insert, values: [b, 21] }],
      limit,
    );
    await expect(refused).rejects.toMatchObject({ name: 'BatchRefused', cause: { code: '42501' } });
    expect(await db.admin('select from acci.notes where id >= 20')).toEqual([]);
    expect(await database.queryInTenants(parts(20), limit)).toEqual(tenants.map(() => [{ id: 20 }]));
    await db.admin('delete from acci.notes where id = 20');
  });

  it('does not wait for a lock beyond its limit', async () => {
    await database.inTenant(a, async (tx) => {
      await tx.query(insert, [a, 30]);
      await expect(outside(() => database.queryInTenants(parts(30), limit))).rejects.toMatchObject({
        cause: { code: '55P03' },
      });
    });
  });

  it('is refused inside a transaction and for an id that is no tenant', async () => {
    await expect(database.inTenant(a, () => database.queryInTenants(parts(40), limit))).rejects.toThrow(
      TransactionUnderWay,
    );
    await expect(
      database.queryInTenants([{ tenantId: 'none', statement: insert, values: [a, 1] }], limit),
    ).rejects.toThrow(InvalidTenantId);
  });
});
