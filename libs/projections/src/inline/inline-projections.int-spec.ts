import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7, type Transaction } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { StreamConflict, type EventOf } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { spyOn } from 'jest-mock';
import { Account, AccountOpened, InlineBalancesProjection, LedgerProjection } from '../fixtures/bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program, until } from '../fixtures/program.js';
import {
  Projection,
  ProjectionActRefused,
  ProjectionRegistrationError,
  type ProjectedEvent,
  type ProjectionHandler,
} from '../index.js';

const by = { reason: 'test' };
const ctx = testContext();
let db: TestDatabase;
let program: Program;

beforeEach(async () => {
  db = await createTestDatabase();
  program = await Program.boot(db.database, [new InlineBalancesProjection()]);
});
afterEach(async () => {
  await program.runner.stop();
  await db.close();
});

const balances = () => balancesIn(db, 'balances_inline');

async function open(owner: string, ...amounts: number[]): Promise<string> {
  const id = uuidv7();
  await program.store.save(ctx, Account.open(id, owner, ...amounts));
  return id;
}

describe('an inline projection', () => {
  it('is seen by the very next read', async () => {
    const id = await open('ada', 5, 2);
    const rows = await db.database.queryInTenant(
      ctx.tenantId,
      'select account_id, balance from acci.balances_inline',
    );
    expect(rows).toEqual([{ account_id: id, balance: 7 }]);
  });

  it('is part of the append: what its handler refuses is not appended, and the other way round', async () => {
    await expect(open('poison')).rejects.toThrow('cannot stomach this');
    const id = await open('ada');
    await expect(program.store.save(ctx, Account.open(id, 'eve'))).rejects.toThrow(StreamConflict);
    expect(await balances()).toMatchObject([{ account_id: id, owner: 'ada' }]);
    expect(await db.admin('select from acci.events')).toHaveLength(1);
  });

  it('stands nowhere but at the end: there is nothing to wait for, pause or skip', async () => {
    const id = uuidv7();
    const { position } = await program.store.save(ctx, Account.open(id));
    if (position) await program.projections.waitFor(position, { projections: ['bank.balances-inline'] });
    await expect(program.projections.pause(ctx, 'bank.balances-inline', by)).rejects.toThrow(
      ProjectionActRefused,
    );
    expect(await program.projections.status()).toMatchObject([
      { name: 'bank.balances-inline', status: 'running', lag: { events: 0, seconds: 0 } },
    ]);
  });
});

/** Rebuilds, and waits until the build is in place. */
async function rebuild(name: string): Promise<void> {
  program.runner.start();
  const { build } = await program.projections.rebuild(ctx, name, by);
  await until(async () => (await program.projections.rebuildProgress(name, build)).status === 'serving');
}

describe('the rebuild of an inline projection', () => {
  it('gives the same again, however often', async () => {
    for (let i = 0; i < 10; i += 1) await open(`owner ${i}`, i);
    const live = await balances();
    await db.admin('delete from acci.balances_inline where balance > 5');
    for (let i = 0; i < 2; i += 1) {
      await rebuild('bank.balances-inline');
      expect(await balances()).toEqual(live);
    }
    const acts = await program.store.readStream(ctx, 'acci.projection', 'bank.balances-inline');
    expect(acts.map(({ type }) => type)).toEqual(Array(2).fill('acci.projection.rebuild_requested'));
  });

  it('loses and doubles nothing that is appended meanwhile, also behind a transaction that is left open', async () => {
    const load = { on: true };
    const writer = async (): Promise<void> => {
      const account = await open('busy');
      while (load.on) {
        await program.store.update(ctx, Account, account, (a) => a.move(1));
        await open('another', 1, 2);
      }
    };
    const holder = async (): Promise<void> => {
      while (load.on) {
        await db.database.inTenant(uuidv7(), async (tx) => {
          await tx.query('select pg_current_xact_id()');
          await sleep(150);
        });
      }
    };
    const work = Promise.all([writer(), writer(), writer(), holder()]);
    for (let i = 0; i < 3; i += 1) {
      await sleep(30);
      await rebuild('bank.balances-inline');
    }
    load.on = false;
    await work;
    expect((await balances()).length).toBeGreaterThan(20);
    expect(await balances()).toEqual(await foldOfBalances(db));
  });

  it('leaves readers the old rows until it is done', async () => {
    for (let i = 0; i < 3; i += 1) await open(`owner ${i}`, i);
    const handled: string[] = [];
    @Projection({
      name: 'bank.slow',
      version: 1,
      lifecycle: 'inline',
      events: [AccountOpened],
      tables: ['acci.balances'],
    })
    class Slow extends CopyOfOwners {
      override async handle(
        event: ProjectedEvent<EventOf<typeof AccountOpened>>,
        tx: Transaction,
      ): Promise<void> {
        await super.handle(event, tx);
        await tx.flush();
        handled.push(event.streamId);
        await sleep(20);
      }
    }
    program = await Program.boot(db.database, [new Slow()]);
    const seen = new Set<number>();
    const reading = { on: true };
    const reader = (async () => {
      while (reading.on) seen.add((await db.admin('select from acci.balances')).length);
    })();
    handled.length = 0;
    await rebuild('bank.slow');
    reading.on = false;
    await reader;
    expect(new Set(handled).size).toBe(3);
    expect([...seen]).toEqual([3]);
  });
});

/** Copies owners, loudly if asked to. */
class CopyOfOwners implements ProjectionHandler<EventOf<typeof AccountOpened>> {
  handle(
    { tenantId, streamId, data }: ProjectedEvent<EventOf<typeof AccountOpened>>,
    tx: Transaction,
  ): Promise<void> | void {
    tx.execute('insert into acci.balances (tenant_id, account_id, owner, version) values ($1, $2, $3, 1)', [
      tenantId,
      streamId,
      data.owner,
    ]);
  }
}

describe('at the start of a program', () => {
  @Projection({
    name: 'bank.owners',
    version: 1,
    lifecycle: 'inline',
    events: [AccountOpened],
    tables: ['acci.balances'],
  })
  class Owners extends CopyOfOwners {}

  @Projection({
    name: 'bank.owners',
    version: 2,
    lifecycle: 'inline',
    events: [AccountOpened],
    tables: ['acci.balances'],
  })
  class OwnersAnew extends CopyOfOwners {
    override handle(
      event: ProjectedEvent<EventOf<typeof AccountOpened>>,
      tx: Transaction,
    ): Promise<void> | void {
      return super.handle({ ...event, data: { owner: `${event.data.owner}!` } }, tx);
    }
  }
  const owners = async () =>
    (await db.admin('select owner from acci.balances order by 1')).map(({ owner }) => owner);

  it('a new inline projection is filled from history, once, by however many replicas', async () => {
    await open('ada');
    await open('bob');
    await Promise.all(
      Array.from({ length: 5 }, () => Program.boot(db.database, [new Owners(), new LedgerProjection()])),
    );
    expect(await owners()).toEqual(['ada', 'bob']);
  });

  it('a new version is rebuilt, and an old program then refuses to start', async () => {
    await open('ada');
    await Program.boot(db.database, [new Owners()]);
    program = await Program.boot(db.database, [new OwnersAnew()]);
    await open('bob');
    expect(await owners()).toEqual(['ada!', 'bob!']);
    await expect(Program.boot(db.database, [new Owners()])).rejects.toThrow(ProjectionRegistrationError);
  });

  @Projection({
    name: 'bank.owners',
    version: 1,
    lifecycle: 'async',
    events: [AccountOpened],
    tables: ['acci.balances'],
  })
  class Later extends CopyOfOwners {}

  const isRebuilding = async () => (await program.projections.status())[1]?.status === 'rebuilding';

  it('a projection that becomes async is rebuilt by the runner', async () => {
    await open('ada');
    await Program.boot(db.database, [new Owners()]);
    program = await Program.boot(db.database, [new Later()]);
    expect(await program.projections.status()).toMatchObject([
      { name: 'bank.balances-inline' },
      { name: 'bank.owners', lifecycle: 'async', status: 'rebuilding', checkpoint: undefined },
    ]);
    program.runner.start();
    await until(async () => !(await isRebuilding()));
    await program.runner.stop();
    expect(await owners()).toEqual(['ada']);
  });

  it('one that becomes async serves when it has all that the inline one had, also behind an open transaction', async () => {
    const inline = await Program.boot(db.database, [new Owners()]);
    const begun = Promise.withResolvers<void>();
    const toEnd = Promise.withResolvers<void>();
    const openTransaction = db.database.inTenant(uuidv7(), async (tx) => {
      await tx.query('select pg_current_xact_id()');
      begun.resolve();
      await toEnd.promise;
    });
    await begun.promise;
    await inline.store.save(ctx, Account.open(uuidv7(), 'ada'));
    program = await Program.boot(db.database, [new Later()]);
    program.runner.start();
    const finish = spyOn(program.builds, 'finish');
    try {
      await until(async () => finish.mock.calls.length >= 3 || !(await isRebuilding()));
      expect(await owners()).toEqual(['ada']);
    } finally {
      toEnd.resolve();
    }
    await openTransaction;
    await until(async () => !(await isRebuilding()));
    expect(await owners()).toEqual(['ada']);
  });
});
