import { randomInt } from 'node:crypto';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  Database,
  databaseMigrations,
  DatabaseBusy,
  DatabaseTimeout,
  DatabaseUnavailable,
  InvalidTenantId,
  prepared,
  tenantTable,
  uuidv7,
} from './index.js';
import { TestDatabase } from './testing.js';

class CreateNotes1700100000900 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create table acci.notes (tenant_id uuid, id int, primary key (tenant_id, id))');
    for (const sql of tenantTable('acci.notes')) await queryRunner.query(sql);
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.notes');
  }
}

const tenants = Array.from({ length: 5 }, () => uuidv7());
const [a = '', b = ''] = tenants;
const all = prepared('select tenant_id, id from acci.notes');
const backend = prepared('select pg_backend_pid() as pid, pg_current_snapshot()::text as snapshot');
const divide = prepared('select 1 / $1::int as quotient');

let db: TestDatabase;
let database: Database;
let impatient: Database;
beforeAll(async () => {
  db = await TestDatabase.create({ migrations: [...databaseMigrations, CreateNotes1700100000900] });
  database = await Database.connect({ urls: db.urls, pool: { max: 6 } });
  impatient = await Database.connect({
    urls: db.urls,
    pool: { max: 6, acquireTimeoutMs: 300, statementTimeoutMs: 1_500 },
  });
  for (const tenant of tenants) {
    await database.inTenant(tenant, (tx) =>
      tx.query('insert into acci.notes (tenant_id, id) values ($1, 1)', [tenant]),
    );
  }
});
afterAll(async () => {
  await Promise.all([database.close(), impatient.close()]);
  await db.close();
});

const rowOf = (tenant: string) => [{ tenant_id: tenant, id: 1 }];

describe('readInTenant', () => {
  it('shows the rows of its tenant only, whoever reads at the same time', async () => {
    const readers = Array.from({ length: 2_000 }, () => tenants[randomInt(tenants.length)] as string);
    const seen = await Promise.all(readers.map((tenant) => database.readInTenant(tenant, all)));
    expect(seen).toEqual(readers.map(rowOf));
  });

  it('sends what is asked for together over one connection', async () => {
    const pids = await Promise.all(
      tenants.map((tenant) => database.readInTenant<{ pid: number }>(tenant, backend)),
    );
    expect(new Set(pids.map(([row]) => row?.pid)).size).toBe(1);
  });

  it('refuses to write, with the reads before and behind it unharmed', async () => {
    const insert = 'insert into acci.notes (tenant_id, id) values ($1, 2) returning id';
    const [before, write, behind] = await Promise.allSettled([
      database.readInTenant(a, all),
      database.readInTenant(a, insert, [a]),
      database.readInTenant(b, all),
    ]);
    expect(before).toEqual({ status: 'fulfilled', value: rowOf(a) });
    expect(write).toMatchObject({ status: 'rejected', reason: { code: '25006' } });
    expect(behind).toEqual({ status: 'fulfilled', value: rowOf(b) });
    expect(await database.queryInTenant(a, all)).toEqual(rowOf(a));
  });

  it('fails for those whose statement fails, and for nobody else', async () => {
    const readers = Array.from({ length: 200 }, (_, index) => (index % 7 === 0 ? 0 : 1));
    const settled = await Promise.allSettled(
      readers.map((divisor) => database.readInTenant(a, divide, [divisor])),
    );
    for (const [index, divisor] of readers.entries()) {
      expect(settled[index]).toMatchObject(
        divisor === 0
          ? { status: 'rejected', reason: { code: '22012' } }
          : { status: 'fulfilled', value: [{ quotient: 1 }] },
      );
    }
  });

  it('fails alone where a value cannot be sent, or an answer cannot be read', async () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const { INET } = pg.types.builtins;
    const parseInet = pg.types.getTypeParser(INET);
    pg.types.setTypeParser(INET, () => {
      throw new Error('unreadable');
    });
    const [unsendable, before, unreadable, behind] = await Promise.allSettled([
      database.readInTenant(a, 'select $1::json', [circular]),
      database.readInTenant(a, all),
      database.readInTenant(a, `select inet '::1'`),
      database.readInTenant(b, all),
    ]);
    pg.types.setTypeParser(INET, parseInet);
    expect(unsendable).toMatchObject({ reason: expect.any(TypeError) });
    expect(unreadable).toMatchObject({ reason: { message: expect.stringMatching('unreadable') } });
    expect([before, behind]).toMatchObject([{ value: rowOf(a) }, { value: rowOf(b) }]);
  });

  it('leaves no setting behind for the read that follows on the same way', async () => {
    const steal = `select set_config('acci.tenant_id', $1, true), set_config('acci.tenant_id', $1, false)`;
    const [, next] = await Promise.all([
      database.readInTenant(a, steal, [b]).catch(() => {}),
      database.readInTenant(a, all),
    ]);
    expect(next).toEqual(rowOf(a));
  });

  it('joins an open transaction of its tenant, and sees what that wrote', async () => {
    await database
      .inTenant(a, async (tx) => {
        tx.execute('insert into acci.notes (tenant_id, id) values ($1, 9)', [a]);
        expect(await database.readInTenant(a, all)).toHaveLength(2);
        throw new Error('undone');
      })
      .catch(() => {});
    await expect(database.inTenant(b, () => database.readInTenant(a, all))).rejects.toThrow(/cannot work/);
  });

  it('refuses an id that is no tenant', async () => {
    await expect(database.readInTenant(`${a}' --`, all)).rejects.toThrow(InvalidTenantId);
  });

  it('reads again where a plan went stale', async () => {
    const star = prepared('select * from acci.notes');
    await database.readInTenant(a, star);
    await db.admin('alter table acci.notes add column body text');
    const [read] = await Promise.all([database.readInTenant(a, star), database.readInTenant(a, divide, [1])]);
    expect(read).toEqual([{ tenant_id: a, id: 1, body: null }]);
    await db.admin('alter table acci.notes drop column body');
  });
});

describe('readInTenant behind a slow read', () => {
  const slow = (seconds: number, by = database) => by.readInTenant(a, 'select pg_sleep($1)', [seconds]);
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

  it('takes another connection', async () => {
    let slowIsDone = false;
    const sleeping = slow(0.5).then(() => (slowIsDone = true));
    await nextTurn();
    expect(await database.readInTenant(b, all)).toEqual(rowOf(b));
    expect(slowIsDone).toBe(false);
    await sleeping;
  });

  it('gives up when all connections for reads stay taken, and goes on when they are free', async () => {
    const sleeping: Promise<unknown>[] = [];
    for (let index = 0; index < 4; index += 1) {
      sleeping.push(slow(1, impatient));
      await nextTurn();
    }
    await expect(impatient.readInTenant(b, all)).rejects.toThrow(DatabaseBusy);
    await Promise.all(sleeping);
    expect(await impatient.readInTenant(b, all)).toEqual(rowOf(b));
  });

  it('is ended by the time limit of a statement, and only it', async () => {
    const [timedOut, behind] = await Promise.allSettled([slow(5, impatient), impatient.readInTenant(b, all)]);
    expect(timedOut).toMatchObject({ reason: expect.any(DatabaseTimeout) });
    expect(behind).toMatchObject({ value: rowOf(b) });
  });

  it('fails with its connection, and the next has a new one', async () => {
    const killed = Promise.allSettled([slow(0.9), database.readInTenant(b, all)]);
    let ended = 0;
    while (ended === 0) {
      const rows = await db.admin(
        `select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'`,
      );
      ended = rows.length;
    }
    expect(await killed).toMatchObject([
      { reason: expect.any(DatabaseUnavailable) },
      { reason: expect.any(DatabaseUnavailable) },
    ]);
    expect(await database.readInTenant(b, all)).toEqual(rowOf(b));
  });
});

it('takes the role along where one login serves for everything', async () => {
  const one = await Database.connect({ urls: { app: db.urls.admin, system: db.urls.admin } });
  const seen = await Promise.all(tenants.map((tenant) => one.readInTenant(tenant, all)));
  expect(seen).toEqual(tenants.map(rowOf));
  await one.close();
});
