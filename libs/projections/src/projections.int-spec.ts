import { setTimeout as sleep } from 'node:timers/promises';
import { tracingChannel } from 'node:diagnostics_channel';
import { uuidv7, type Transaction } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { formatPosition, type EventOf, type Position } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Account, AccountOpened, BalancesProjection, LedgerProjection } from './fixtures/bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program, until } from './fixtures/program.js';
import {
  Projection,
  ProjectionBehind,
  ProjectionNotFound,
  type ProjectedEvent,
  type ProjectionHandler,
} from './index.js';

const by = { reason: 'test' };
const ctx = testContext();
let db: TestDatabase;
let program: Program;

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await program.runner.stop();
  await db.close();
});

/** Starts a process with the given projections. */
async function boot(...handlers: ProjectionHandler[]): Promise<void> {
  program = await Program.boot(db.database, handlers);
  program.runner.start();
}

/** Opens an account and moves money; where it stands in the log then. */
async function open(owner: string, amounts: number[] = [], tenantId = ctx.tenantId): Promise<Position> {
  const account = Account.open(uuidv7(), owner, ...amounts);
  const { position } = await program.store.save({ ...ctx, tenantId }, account);
  return position as Position;
}

const balances = () => balancesIn(db, 'balances');

describe('an async projection', () => {
  it('follows the log, of every tenant', async () => {
    await boot(new BalancesProjection(), new LedgerProjection());
    for (let i = 0; i < 30; i += 1) await open(`owner ${i}`, [i, 1], i % 3 ? uuidv7() : ctx.tenantId);
    await program.drained();
    expect(await balances()).toHaveLength(30);
    expect(await balances()).toEqual(await foldOfBalances(db));
  });

  it('catches up in batches with what was there before it', async () => {
    program = await Program.boot(db.database, []);
    for (let i = 0; i < 40; i += 1) await open('early', [1, 2, 3]);
    program = await Program.boot(db.database, [new BalancesProjection()], { batchSize: 7 });
    program.runner.start();
    await program.drained();
    expect(await balances()).toEqual(await foldOfBalances(db));
  });

  it('moves its checkpoint past events that are not its own', async () => {
    await boot(new LedgerProjection());
    const position = await open('no money moved');
    await program.projections.waitFor(position);
    expect((await program.status('bank.ledger'))?.checkpoint).toEqual(position);
  });

  it('tells of its batches on acci:projection', async () => {
    const names: unknown[] = [];
    const handlers = { asyncEnd: (message: unknown) => void names.push(message) };
    tracingChannel('acci:projection').subscribe(handlers as never);
    await boot(new BalancesProjection());
    await open('ada');
    await program.drained();
    tracingChannel('acci:projection').unsubscribe(handlers as never);
    expect(names).toContainEqual(
      expect.objectContaining({
        name: 'project bank.balances',
        attributes: { 'acci.projection': 'bank.balances', 'acci.events': 1 },
      }),
    );
  });

  it('waits for a database that drops its connections, and holds that against no event', async () => {
    await boot(new BalancesProjection());
    for (let i = 0; i < 40; i += 1) {
      await open(`owner ${i}`, [i]);
      await db.admin(`select pg_terminate_backend(pid) from pg_stat_activity
                       where datname = current_database() and application_name = 'acci_system'`);
    }
    await until(async () => ((await program.status('bank.balances').catch(() => {}))?.lag.events ?? 1) === 0);
    expect(await balances()).toEqual(await foldOfBalances(db));
    await until(async () => (await program.status('bank.balances'))?.status === 'running');
    expect((await program.status('bank.balances'))?.shares).toHaveLength(4);
  });

  it('cannot write a row of another tenant: the database refuses, and the projection halts', async () => {
    const stranger = uuidv7();
    @Projection({
      name: 'bank.thief',
      version: 1,
      lifecycle: 'async',
      events: [AccountOpened],
      tables: ['acci.balances'],
    })
    class Thief implements ProjectionHandler<EventOf<typeof AccountOpened>> {
      handle({ streamId }: ProjectedEvent, tx: Transaction): void {
        tx.execute(
          `insert into acci.balances (tenant_id, account_id, owner, version) values ($1, $2, 'thief', 1)`,
          [stranger, streamId],
        );
      }
    }
    await boot(new Thief());
    await open('victim');
    await until(async () => (await program.status('bank.thief'))?.status === 'halted');
    const failed = (await program.status('bank.thief'))?.shares.find(({ status }) => status === 'halted');
    expect(failed?.lastError?.message).toMatch(/42501.*row-level security/);
    expect(await balances()).toEqual([]);
  });
});

describe('waitFor', () => {
  it('resolves when the projections are there, and shows what was written', async () => {
    await boot(new BalancesProjection());
    for (let i = 0; i < 20; i += 1) {
      await program.projections.waitFor(await open(`owner ${i}`), { projections: ['bank.balances'] });
      expect(await balances()).toHaveLength(i + 1);
    }
  });

  it('gives up in time, naming who is behind', async () => {
    program = await Program.boot(db.database, [new BalancesProjection()]);
    const position = await open('ada');
    const waiting = program.projections.waitFor(position, { timeoutMs: 30 });
    await expect(waiting).rejects.toThrow(ProjectionBehind);
    await expect(waiting).rejects.toMatchObject({
      code: 'projections.behind',
      kind: 'unavailable',
      details: { projections: ['bank.balances'] },
      retryAfter: 1,
    });
    await expect(program.projections.waitFor(position, { projections: ['no.such'] })).rejects.toThrow(
      ProjectionNotFound,
    );
  });

  it('does not wait for a projection that is paused', async () => {
    await boot(new BalancesProjection());
    await program.projections.pause(ctx, 'bank.balances', by);
    const waiting = program.projections.waitFor(await open('ada'), { timeoutMs: 60_000 });
    await expect(waiting).rejects.toThrow(ProjectionBehind);
  });
});

describe('what holds the log back', () => {
  it('is measured: an open transaction, as lag and as horizon', async () => {
    await boot(new BalancesProjection());
    await open('before');
    await program.drained();
    await until(async () => (await program.status('bank.balances'))?.status === 'running');
    const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = db.database.inTenant(ctx.tenantId, async (tx) => {
      await tx.query('select pg_current_xact_id()');
      begun.resolve();
      await released.promise;
    });
    await begun.promise;
    const position = await open('held back');
    await sleep(60);
    const held = await program.projections.horizon();
    const lag = await program.projections.lag();
    released.resolve();
    await holding;
    expect(held).toMatchObject({ events: 1 });
    expect(held.seconds).toBeGreaterThan(0.05);
    expect(held.transaction).toBeLessThan(position.transaction);
    expect(lag).toEqual([
      { name: 'bank.balances', status: 'running', events: 1, seconds: expect.any(Number) as number },
    ]);
    await program.projections.waitFor(position);
    expect(formatPosition(position)).toBe(
      formatPosition((await program.status('bank.balances'))?.checkpoint as Position),
    );
    expect(await balances()).toHaveLength(2);
  });
});
