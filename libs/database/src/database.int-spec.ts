import { setTimeout as sleep } from 'node:timers/promises';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TestDatabase } from './testing.js';
import {
  Database,
  databaseMigrations,
  DatabaseBusy,
  DatabaseTimeout,
  DatabaseUnavailable,
  InvalidTenantId,
  SystemInsideTenant,
  TenantMismatch,
  TransactionAborted,
  TransactionClosed,
  TransactionUnderWay,
  migrate,
  prepared,
  tenantTable,
  uuidv7,
} from './index.js';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class CreateNotes1700100000900 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `create table acci.notes (tenant_id uuid, id int, body text, primary key (tenant_id, id))`,
    );
    for (const sql of tenantTable('acci.notes')) await queryRunner.query(sql);
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.notes');
  }
}

@Entity({ name: 'notes', schema: 'acci' })
class Note {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;
  @PrimaryColumn({ type: 'int' })
  id!: number;
  @Column({ type: 'text' })
  body!: string;
}

const a = uuidv7();
const b = uuidv7();
const insert = prepared('insert into acci.notes (tenant_id, id, body) values ($1, $2, $3)');
const byId = prepared('select body from acci.notes where id = $1');
const all = 'select tenant_id, id, body from acci.notes order by tenant_id, id';

let db: TestDatabase;
let database: Database;

beforeAll(async () => {
  db = await TestDatabase.create({ migrations: [...databaseMigrations, CreateNotes1700100000900] });
  database = await Database.connect({
    urls: db.urls,
    entities: [Note],
    pool: { max: 4, acquireTimeoutMs: 300, statementTimeoutMs: 500, idleInTransactionTimeoutMs: 500 },
  });
});
afterAll(async () => {
  await database.close();
  await db.close();
});
beforeEach(async () => {
  await db.admin('delete from acci.notes');
  await database.inTenant(a, (tx) => void tx.execute(insert, [a, 1, 'of a']));
  await database.inTenant(b, (tx) => void tx.execute(insert, [b, 1, 'of b']));
});

describe('inTenant', () => {
  it('shows and changes the rows of its tenant only', async () => {
    expect(await database.queryInTenant(a, all)).toEqual([{ tenant_id: a, id: 1, body: 'of a' }]);
    await database.inTenant(a, async (tx) => {
      await tx.query(`update acci.notes set body = 'changed'`);
    });
    expect(await database.queryInTenant(b, byId, [1])).toEqual([{ body: 'of b' }]);
  });

  it('refuses to write a row of another tenant', async () => {
    const write = database.inTenant(a, (tx) => void tx.execute(insert, [b, 2, 'planted']));
    await expect(write).rejects.toMatchObject({ code: '42501' });
  });

  it('rolls everything back when the work throws, sent or not', async () => {
    const failed = database.inTenant(a, async (tx) => {
      await tx.query(insert, [a, 2, 'sent']);
      tx.execute(insert, [a, 3, 'queued']);
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await database.queryInTenant(a, all)).toHaveLength(1);
  });

  it('keeps all or nothing of queued statements', async () => {
    const failed = database.inTenant(a, (tx) => {
      tx.execute(insert, [a, 2, 'first']);
      tx.execute(insert, [a, 1, 'taken']);
    });
    await expect(failed).rejects.toMatchObject({ code: '23505' });
    expect(await database.queryInTenant(a, all)).toHaveLength(1);
  });

  it('does not report success when a failed statement was swallowed', async () => {
    const failed = database.inTenant(a, async (tx) => {
      await tx.query(insert, [a, 2, 'lost']);
      await tx.query('select 1 / 0').catch(() => {});
    });
    await expect(failed).rejects.toThrow(TransactionAborted);
  });

  it('joins the open transaction of the same tenant', async () => {
    const failed = database.inTenant(a, async () => {
      await database.inTenant(a, (tx) => void tx.execute(insert, [a, 2, 'inner']));
      expect(await database.queryInTenant(a, all)).toHaveLength(2);
      throw new Error('outer fails');
    });
    await expect(failed).rejects.toThrow('outer fails');
    expect(await database.queryInTenant(a, all)).toHaveLength(1);
  });

  it('refuses another tenant and the system inside a tenant', async () => {
    await expect(database.inTenant(a, () => database.inTenant(b, () => 1))).rejects.toThrow(TenantMismatch);
    await expect(database.inTenant(a, () => database.asSystem('no', () => 1))).rejects.toThrow(
      SystemInsideTenant,
    );
  });

  it('joins by the id, however it is written, and refuses modes that come too late', async () => {
    expect(await database.inTenant(a, () => database.queryInTenant(a.toUpperCase(), all))).toHaveLength(1);
    const late = database.inTenant(a, () => database.inTenant(a, () => 1, { readOnly: true }));
    await expect(late).rejects.toThrow(TransactionUnderWay);
  });

  it('refuses what is no tenant id', async () => {
    for (const id of ['', 'x', `${a}' or true`, undefined as unknown as string]) {
      await expect(database.inTenant(id, () => 1)).rejects.toThrow(InvalidTenantId);
    }
  });

  it('refuses a transaction that is used after its end', async () => {
    let leaked: Parameters<Parameters<Database['inTenant']>[1]>[0] | undefined;
    await database.inTenant(a, (tx) => void (leaked = tx));
    expect(() => leaked?.execute(byId, [1])).toThrow(TransactionClosed);
  });

  it('offers TypeORM on the same transaction', async () => {
    const failed = database.inTenant(a, async (tx) => {
      const manager = await tx.manager();
      await manager.save(Note, { tenantId: a, id: 2, body: 'by TypeORM' });
      expect(await tx.query(byId, [2])).toEqual([{ body: 'by TypeORM' }]);
      expect(await manager.countBy(Note, {})).toBe(2);
      throw new Error('roll back');
    });
    await expect(failed).rejects.toThrow('roll back');
    expect(await database.queryInTenant(a, byId, [2])).toEqual([]);
  });

  it('runs work after the commit only, and only once', async () => {
    const seen: string[] = [];
    await database.inTenant(a, (tx) => tx.afterCommit(() => seen.push('committed')));
    await database
      .inTenant(a, (tx) => {
        tx.afterCommit(() => seen.push('never'));
        throw new Error('no');
      })
      .catch(() => {});
    expect(seen).toEqual(['committed']);
  });

  it('honours isolation level and read-only', async () => {
    const level = await database.inTenant(a, (tx) => tx.query('show transaction_isolation'), {
      isolation: 'serializable',
    });
    expect(level).toEqual([{ transaction_isolation: 'serializable' }]);
    const write = database.inTenant(a, (tx) => void tx.execute(insert, [a, 2, 'x']), { readOnly: true });
    await expect(write).rejects.toMatchObject({ code: '25006' });
  });
});

describe('asSystem', () => {
  it('sees every tenant', async () => {
    expect(await database.queryAsSystem('count them', all)).toHaveLength(2);
  });

  it('narrows to a tenant and back, in one transaction', async () => {
    const after = await database.asSystem('a projection', async (tx) => {
      await database.inTenant(a, (inner) => void inner.execute(`update acci.notes set body = 'seen'`), {
        deferred: true,
      });
      await database.inTenant(b, (inner) => void inner.execute(`delete from acci.notes`), { deferred: true });
      return tx.query(all);
    });
    expect(after).toEqual([{ tenant_id: a, id: 1, body: 'seen' }]);
  });

  it('refuses the outer transaction while it is narrowed, and parallel narrowing', async () => {
    const misuse = database.asSystem('misuse', (tx) => database.inTenant(a, () => tx.query(all)));
    await expect(misuse).rejects.toThrow(TransactionClosed);
    const parallel = database.asSystem('misuse', () =>
      Promise.all([a, b].map((tenant) => database.inTenant(tenant, (tx) => tx.query(all)))),
    );
    await expect(parallel).rejects.toThrow(TransactionClosed);
  });
});

describe('round trips', () => {
  // Every batch ends in one answer from the server; counting those is counting round trips.
  async function roundTrips(run: () => Promise<unknown>): Promise<number> {
    let count = 0;
    const pool = (database.sources.app.driver as unknown as { master: { on: Function; off: Function } })
      .master;
    const counted = new Map<{ connection: { on: Function; off: Function } }, () => void>();
    const onAcquire = (client: { connection: { on: Function; off: Function } }) => {
      if (counted.has(client)) return;
      const listener = () => void (count += 1);
      counted.set(client, listener);
      client.connection.on('readyForQuery', listener);
    };
    pool.on('acquire', onAcquire);
    await run();
    pool.off('acquire', onAcquire);
    for (const [client, listener] of counted) client.connection.off('readyForQuery', listener);
    return count;
  }

  it.each([
    ['one statement', 1, () => database.queryInTenant(a, byId, [1])],
    [
      'queued writes with their commit',
      1,
      () => database.inTenant(a, (tx) => void tx.execute(insert, [a, 7, 'x'])),
    ],
    ['a read inside a transaction', 2, () => database.inTenant(a, (tx) => tx.query(byId, [1]))],
    ['no statement', 0, () => database.inTenant(a, () => 'nothing')],
  ])('%s: %i', async (_name, expected, run) => {
    await run();
    await db.admin('delete from acci.notes where id = 7');
    expect(await roundTrips(run)).toBe(expected);
  });
});

describe('failure', () => {
  it('answers 503 material when the pool stays exhausted, and recovers', async () => {
    const holders = Array.from({ length: 4 }, () =>
      database.inTenant(a, (tx) => tx.query('select pg_sleep(0.45)')),
    );
    await sleep(20);
    await expect(database.queryInTenant(a, byId, [1])).rejects.toThrow(DatabaseBusy);
    await Promise.all(holders);
    expect(await database.queryInTenant(a, byId, [1])).toHaveLength(1);
  });

  it('ends a statement that takes too long', async () => {
    await expect(database.queryInTenant(a, 'select pg_sleep(5)')).rejects.toThrow(DatabaseTimeout);
  });

  it('loses nothing but the transaction that sat idle for too long', async () => {
    const idle = database.inTenant(a, async (tx) => {
      await tx.query(insert, [a, 2, 'x']);
      await sleep(800);
      await tx.query(byId, [2]);
    });
    await expect(idle).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await database.queryInTenant(a, all)).toHaveLength(1);
  });

  it('survives connections that the server ends', async () => {
    const connected = `from pg_stat_activity where usename = 'acci_app' and datname = current_database()`;
    await db.admin(`select pg_terminate_backend(pid) ${connected}`);
    // They end when they get to it, and we hear of it when we do.
    while ((await db.admin(`select ${connected}`)).length > 0) await sleep(5);
    await sleep(50);
    expect(await database.queryInTenant(a, byId, [1])).toEqual([{ body: 'of a' }]);
  });

  it('fails the query of a connection that the server ends, and not the process', async () => {
    const fresh = await Database.connect({ urls: db.urls, pool: { max: 1 } });
    try {
      const query = fresh.queryInTenant(a, `select pg_sleep(20), 'end me'`).catch((error: unknown) => error);
      const end = `select pg_terminate_backend(pid) from pg_stat_activity
                    where query like '%end me%' and state = 'active' and pid <> pg_backend_pid()`;
      while ((await db.admin(end)).length === 0) await sleep(5);
      expect(await query).toBeInstanceOf(DatabaseUnavailable);
      expect(await fresh.queryInTenant(a, byId, [1])).toHaveLength(1);
    } finally {
      await fresh.close();
    }
  });

  it('runs the work again after a deadlock', async () => {
    await database.inTenant(a, (tx) => void tx.execute(insert, [a, 2, 'second']));
    let runs = 0;
    const { promise: bothHaveOne, resolve: bothGoOn } = Promise.withResolvers<void>();
    const touch = (first: number, second: number) =>
      database.inTenant(a, async (tx) => {
        const run = (runs += 1);
        await tx.query('update acci.notes set body = body where id = $1', [first]);
        if (run === 2) bothGoOn();
        await bothHaveOne;
        await tx.query(`update acci.notes set body = body || '!' where id = $1`, [second]);
      });
    await db.admin(`alter role acci_app set deadlock_timeout = '50ms'`);
    const quick = await Database.connect({ urls: db.urls });
    await Promise.all([touch(1, 2), touch(2, 1)]);
    await quick.close();
    expect(runs).toBeGreaterThan(2);
    expect(await database.queryInTenant(a, all)).toMatchObject([{ body: 'of a!' }, { body: 'second!' }]);
  });

  it('parses a prepared statement again after the batch that first used it failed', async () => {
    const text = prepared(`select body, ${Date.now()} as unique_text from acci.notes where id = $1`);
    await expect(database.queryInTenant(a, text, ['not a number'])).rejects.toMatchObject({ code: '22P02' });
    expect(await database.queryInTenant(a, text, [1])).toHaveLength(1);
    expect(await database.queryInTenant(a, text, [1])).toHaveLength(1);
  });

  it('goes on when a migration changes the shape of a cached plan', async () => {
    const star = prepared('select * from acci.notes where id = $1');
    await database.queryInTenant(a, star, [1]);
    await db.admin('alter table acci.notes add column extra int');
    expect(await database.queryInTenant(a, star, [1])).toEqual([
      { tenant_id: a, id: 1, body: 'of a', extra: null },
    ]);
    await db.admin('alter table acci.notes drop column extra');
  });
});

describe('a login that is not the role', () => {
  it('takes the role inside each transaction and leaves nothing behind', async () => {
    const single = await Database.connect({
      urls: { app: db.urls.admin, system: db.urls.admin },
      pool: { max: 1 },
    });
    try {
      expect(await single.queryInTenant(a, all)).toHaveLength(1);
      expect(await single.queryInTenant(a, 'select current_user as me')).toEqual([{ me: 'acci_app' }]);
      expect(await single.queryAsSystem('test', 'select current_user as me')).toEqual([
        { me: 'acci_system' },
      ]);
      const [after] = await single.sources.app.query<{ tenant: string }[]>(
        `select current_setting('acci.tenant_id', true) as tenant`,
      );
      expect(after?.tenant ?? '').toBe('');
    } finally {
      await single.close();
    }
  });
});

describe('migrate', () => {
  it('runs once when ten replicas start at once', async () => {
    const empty = await TestDatabase.create({ migrations: [] });
    try {
      const ran = await Promise.all(
        Array.from({ length: 10 }, () =>
          migrate({
            ownerUrl: empty.urls.owner,
            migrations: [...databaseMigrations, CreateNotes1700100000900],
          }),
        ),
      );
      expect(ran.flat()).toHaveLength(2);
    } finally {
      await empty.close();
    }
  });
});
