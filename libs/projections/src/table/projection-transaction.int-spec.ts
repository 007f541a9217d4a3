import { databaseMigrations, OwnerDatabase, tenantTable, uuidv7, type Transaction } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { InvalidRow, RebuildUnsupported } from '../projections.errors.js';
import { BuildTables } from './build-tables.js';
import type { ProjectionTransaction } from './projection-transaction.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create({ migrations: databaseMigrations });
  const owner = new OwnerDatabase(db.urls.owner);
  const shapes = [
    [
      'acci.carts',
      'tenant_id uuid, id uuid, total int not null default 7, tags text[], facts jsonb, seen timestamptz, primary key (tenant_id, id)',
    ],
    [
      'acci.lines',
      'tenant_id uuid, id uuid, n int, name text, primary key (tenant_id, id, n), foreign key (tenant_id, id) references acci.carts',
    ],
    [
      'acci.seats',
      'tenant_id uuid, who text, seat int, primary key (tenant_id, who), unique (tenant_id, seat)',
    ],
    ['acci.heap', 'tenant_id uuid not null, n int'],
  ];
  await owner.transaction(async (query) => {
    for (const [name, columns] of shapes)
      for (const sql of [`create table ${name} (${columns})`, ...tenantTable(String(name))]) await query(sql);
    await query('create table acci.carts__b2 (like acci.carts including all)');
    for (const sql of tenantTable('acci.carts__b2')) await query(sql);
  });
  await owner.close();
});
afterAll(() => db.close());

const tenantId = uuidv7();
const declared = ['acci.carts', 'acci.lines', 'acci.seats', 'acci.heap'];
const cart = (n: number) => `00000000-0000-7000-8000-00000000000${n}`;

/** Lets work write, and tells which statements it took. */
async function write(
  work: (tx: ProjectionTransaction) => unknown,
  tables = new BuildTables(declared),
): Promise<string[]> {
  const sent: string[] = [];
  await db.database.inTenant(tenantId, async (tx) => {
    const spy: Transaction = {
      tenantId,
      query: (statement, values) => tx.query(statement, values),
      execute: (statement, values) => {
        const text = typeof statement === 'string' ? statement : statement.text;
        sent.push(text.split(/\s+/).slice(0, 3).join(' '));
        return tx.execute(statement, values);
      },
      flush: () => tx.flush(),
      manager: () => tx.manager(),
      afterCommit: (after) => tx.afterCommit(after),
    };
    const led = await tables.open(spy);
    await work(led);
    led.settle();
  });
  return sent;
}

const rows = (sql: string) => db.database.queryInTenant(tenantId, sql);

describe('rows that are put', () => {
  it('are written once with their last state, in an order that keys allow', async () => {
    const sent = await write((tx) => {
      tx.put('acci.carts', {
        id: cart(1),
        total: 1,
        tags: ['a "b"', 'c,d', null],
        facts: { deep: [1, 'x'] },
        seen: new Date(0),
      });
      tx.put('acci.lines', { id: cart(1), n: 1, name: 'one' });
      tx.put('acci.carts', { id: cart(2).toUpperCase(), total: 5, tags: null, facts: null, seen: null });
      tx.put('acci.carts', { id: cart(2), total: 2 });
      for (let n = 2; n < 50; n += 1) tx.put('acci.lines', { id: cart(2), n, name: `line ${n}` });
      tx.remove('acci.lines', { id: cart(2), n: 49 });
    });
    expect(sent).toEqual(['delete from acci.lines', 'insert into acci.carts', 'insert into acci.lines']);
    expect(await rows('select id, total, tags, facts, seen from acci.carts order by id')).toEqual([
      { id: cart(1), total: 1, tags: ['a "b"', 'c,d', null], facts: { deep: [1, 'x'] }, seen: new Date(0) },
      { id: cart(2), total: 2, tags: null, facts: null, seen: null },
    ]);
    expect(await rows('select count(*)::int as lines from acci.lines')).toEqual([{ lines: 48 }]);
  });

  it('keep what is not named, but for rows that were removed', async () => {
    await write((tx) => {
      tx.put('acci.carts', { id: cart(3), total: 3, facts: [1, 2] });
      tx.put('acci.carts', { id: cart(4), total: 4, facts: 'text' });
    });
    await write((tx) => {
      tx.put('acci.carts', { id: cart(3), tags: ['x'] });
      tx.put('acci.carts', { id: cart(4), total: 9 });
      tx.remove('acci.carts', { id: cart(4) });
      tx.put('acci.carts', { id: cart(4) });
    });
    expect(
      await rows(
        `select total, tags, facts from acci.carts where id in ('${cart(3)}', '${cart(4)}') order by id`,
      ),
    ).toEqual([
      { total: 3, tags: ['x'], facts: [1, 2] },
      { total: 7, tags: null, facts: null },
    ]);
  });

  it('are seen by every other statement', async () => {
    let seen: unknown[] = [];
    const sent = await write(async (tx) => {
      tx.put('acci.seats', { who: 'ann', seat: 1 });
      tx.execute('update acci.seats set seat = seat + 10 where tenant_id = $1', [tenantId]);
      tx.put('acci.seats', { who: 'bob', seat: 1 });
      seen = await tx.query('select who, seat from acci.seats order by who');
      tx.put('acci.seats', { who: 'cid', seat: 3 });
      await (await tx.manager()).query('update acci.seats set seat = 4 where seat = 3');
    });
    expect(seen).toEqual([
      { who: 'ann', seat: 11 },
      { who: 'bob', seat: 1 },
    ]);
    expect(await rows(`select seat from acci.seats where who = 'cid'`)).toEqual([{ seat: 4 }]);
    expect(sent).toHaveLength(4);
  });

  it('do not change places where something else is unique too', async () => {
    await write((tx) => {
      tx.put('acci.seats', { who: 'dan', seat: 20 });
      tx.put('acci.seats', { who: 'dan', seat: 21 });
      tx.put('acci.seats', { who: 'eve', seat: 20 });
      tx.put('acci.seats', { who: 'dan', seat: 22 });
      tx.put('acci.seats', { who: 'fay', seat: 21 });
    });
    expect(await rows('select who, seat from acci.seats where seat >= 20 order by 1')).toEqual([
      { who: 'dan', seat: 22 },
      { who: 'eve', seat: 20 },
      { who: 'fay', seat: 21 },
    ]);
  });

  it.each<[string, (tx: ProjectionTransaction) => void]>([
    ['a strange table', (tx) => tx.put('acci.other', { id: 1 })],
    ['a table without a key', (tx) => tx.put('acci.heap', { n: 1 })],
    ['a strange column', (tx) => tx.put('acci.seats', { who: 'x', sea: 1 })],
    ['the tenant', (tx) => tx.put('acci.seats', { who: 'x', tenant_id: tenantId })],
    ['no key', (tx) => tx.put('acci.seats', { seat: 1 })],
    ['half a key', (tx) => tx.remove('acci.lines', { id: cart(1) })],
  ])('are refused with %s', async (_, work) => {
    await expect(write(work)).rejects.toThrow(InvalidRow);
  });

  it('go to the shadow, as all statements do, and TypeORM cannot be sent there', async () => {
    const shadows = new BuildTables(declared, new Map([['acci.carts', 'acci.carts__b2']]));
    expect(shadows.names).toEqual(['acci.carts__b2', ...declared.slice(1)]);
    await write((tx) => {
      tx.put('acci.carts', { id: cart(8), total: 8 });
      tx.execute('update acci.carts set total = carts.total * 2 where tenant_id = $1', [tenantId]);
    }, shadows);
    expect(await rows(`select total from acci.carts__b2`)).toEqual([{ total: 16 }]);
    expect(await rows(`select total from acci.carts where id = '${cart(8)}'`)).toEqual([]);
    await expect(write((tx) => tx.manager(), shadows)).rejects.toThrow(RebuildUnsupported);
  });
});
