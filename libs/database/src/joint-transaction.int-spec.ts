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
  type Transaction,
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

const insert = prepared('insert into acci.notes (tenant_id, id) values ($1, $2) returning id');
const limit = { lockTimeoutMs: 100 };

/** Work that queues a row for each tenant. */
const parts = (id: number, of: readonly string[] = tenants) =>
  of.map((tenantId) => ({
    tenantId,
    work: (tx: Transaction) => ({ queued: tx.execute(insert, [tenantId, id]) }),
  }));
const written = async (id: number) => (await db.admin('select from acci.notes where id = $1', [id])).length;

describe('inTenants', () => {
  it('runs each part under its own tenant, in one transaction, whether it queues or asks', async () => {
    const look = 'select tenant_id, pg_current_xact_id()::text as xid from acci.notes where id = 1';
    const rows = await database.inTenants<Record<string, unknown>[]>(
      [a, b].map((tenantId) => ({ tenantId, work: (tx) => tx.query(look) })),
      limit,
    );
    expect(rows).toMatchObject([[{ tenant_id: a }], [{ tenant_id: b }]]);
    expect(new Set(rows.flat().map(({ xid }) => xid)).size).toBe(1);
    const queued = await database.inTenants(
      [a, a, b].map((tenantId) => ({
        tenantId,
        work: (tx: Transaction) => ({ look: tx.execute(look), id: tx.tenantId }),
      })),
      limit,
    );
    for (const {
      look: { rows: seen },
      id,
    } of queued)
      expect(seen).toMatchObject([{ tenant_id: id }]);
    expect(new Set(queued.flatMap(({ look: { rows: seen } }) => seen.map(({ xid }) => xid))).size).toBe(1);
  });

  it('lets what a part starts join it', async () => {
    const seen = await database.inTenants(
      [a, b].map((tenantId) => ({
        tenantId,
        work: () => database.queryInTenant(tenantId, 'select tenant_id from acci.notes where id = 1'),
      })),
      limit,
    );
    expect(seen).toEqual([[{ tenant_id: a }], [{ tenant_id: b }]]);
  });

  it.each([
    ['one statement is refused', (tx: Transaction) => void tx.execute(insert, [b, 21]), { code: '42501' }],
    ['one part throws', () => Promise.reject(new Error('No')), { message: 'No' }],
    [
      'one part throws when something was sent',
      async (tx: Transaction) => {
        await tx.flush();
        throw new Error('No');
      },
      { message: 'No' },
    ],
    [
      'a part swallows that a statement failed',
      (tx: Transaction) => tx.query('select 1 / 0').catch(() => undefined),
      { name: 'TransactionAborted' },
    ],
  ])('does nothing at all where %s', async (_why, work, cause) => {
    const refused = database.inTenants<unknown>([...parts(20), { tenantId: a, work }], limit);
    await expect(refused).rejects.toMatchObject({ name: 'BatchRefused', cause });
    expect(await written(20)).toBe(0);
    await database.inTenants(parts(20), limit);
    expect(await written(20)).toBe(3);
    await db.admin('delete from acci.notes where id = 20');
  });

  it('does not wait for a lock beyond its limit', async () => {
    await database.inTenant(a, async (tx) => {
      await tx.query(insert, [a, 30]);
      await expect(outside(() => database.inTenants(parts(30), limit))).rejects.toMatchObject({
        cause: { code: '55P03' },
      });
    });
  });

  it('is refused inside a transaction and for an id that is no tenant', async () => {
    await expect(database.inTenant(a, () => database.inTenants(parts(40), limit))).rejects.toThrow(
      TransactionUnderWay,
    );
    await expect(database.inTenants(parts(40, ['none']), limit)).rejects.toThrow(InvalidTenantId);
    expect(await database.inTenants([], limit)).toEqual([]);
  });
});
