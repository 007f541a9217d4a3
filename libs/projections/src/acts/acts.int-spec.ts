import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7, type Transaction } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import type { EventOf } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Account, AccountOpened, BalancesProjection, LedgerProjection } from '../fixtures/bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program, until } from '../fixtures/program.js';
import {
  Projection,
  ProjectionActRefused,
  ProjectionNotFound,
  type ProjectedEvent,
  type ProjectionHandler,
} from '../index.js';

const by = { reason: 'test' };
const ctx = testContext({ actor: 'user:ada' });
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

async function open(owner: string, amounts: number[] = [], tenantId = ctx.tenantId): Promise<void> {
  await program.store.save({ ...ctx, tenantId }, Account.open(uuidv7(), owner, ...amounts));
}

const balances = () => balancesIn(db, 'balances');
const acts = (name: string) => program.store.readStream(ctx, 'acci.projection', name);

describe('a poison event', () => {
  /** Two good accounts, the poison, and a good one again; halted at the poison. */
  async function halt(): Promise<void> {
    program = await Program.boot(db.database, [new BalancesProjection(), new LedgerProjection()]);
    await open('a', [1]);
    await open('b', [2]);
    await open('poison', [3]);
    await open('c', [4]);
    program.runner.start();
    await until(async () => (await program.status('bank.balances'))?.status === 'halted');
  }

  it('halts its projection after some tries, with what was before it kept; others go on', async () => {
    await halt();
    await until(async () => ((await program.status('bank.ledger'))?.lag.events ?? 1) === 0);
    expect((await balances()).map(({ owner }) => owner)).toEqual(['a', 'b']);
    expect(await db.admin('select amount from acci.ledger order by number')).toHaveLength(4);
    const halted = await program.status('bank.balances');
    const [first] = await program.store.readStream(ctx, 'bank.account', await poisonedAccount());
    expect(halted?.shares.find(({ tenantId }) => tenantId === ctx.tenantId)).toMatchObject({
      share: ctx.tenantId,
      status: 'halted',
      attempts: 3,
      lease: undefined,
      lastError: {
        eventId: first?.id,
        eventType: 'bank.account.opened',
        tenantId: ctx.tenantId,
        message: 'Error: cannot stomach this',
      },
    });
    expect(halted?.lag.events).toBe(4);
    expect(await program.projections.lag()).toContainEqual(
      expect.objectContaining({ name: 'bank.balances', status: 'halted', events: 4 }),
    );
  });

  it('is tried again on demand, and halts again', async () => {
    await halt();
    const failure = async () =>
      (await program.status('bank.balances'))?.shares.find(({ status }) => status === 'halted')?.lastError;
    const before = await failure();
    await program.projections.retry(ctx, 'bank.balances', by);
    await until(async () => (await program.status('bank.balances'))?.status === 'halted');
    const after = await failure();
    expect(after?.position).toBe(before?.position);
    expect(after?.failedAt).not.toBe(before?.failedAt);
  });

  it('goes through once the handler can take it', async () => {
    await halt();
    await program.runner.stop();
    class Mended extends BalancesProjection {
      override handle(event: Parameters<BalancesProjection['handle']>[0], tx: Transaction): void {
        const data = event.type === 'bank.account.opened' ? { owner: 'mended' } : event.data;
        super.handle({ ...event, data } as typeof event, tx);
      }
    }
    program = await Program.boot(db.database, [new Mended(), new LedgerProjection()]);
    program.runner.start();
    await program.projections.retry(ctx, 'bank.balances', by);
    await program.drained();
    expect((await balances()).map(({ balance }) => balance)).toEqual([1, 2, 3, 4]);
  });

  it('is skipped on demand only, and that is kept with who and why', async () => {
    await halt();
    await program.projections.skip(ctx, 'bank.balances', { reason: 'a test account' });
    await program.drained();
    expect((await balances()).map(({ owner }) => owner)).toEqual(['a', 'b', 'c']);
    expect(await acts('bank.balances')).toMatchObject([
      {
        type: 'acci.projection.event_skipped',
        data: { reason: 'a test account', passedOver: [{ eventType: 'bank.account.opened' }] },
        metadata: { actor: 'user:ada' },
      },
    ]);
  });

  async function poisonedAccount(): Promise<string> {
    const [row] = await db.admin<{ id: string }>(
      `select stream_id as id from acci.events where data->>'owner' = 'poison'`,
    );
    return row?.id ?? '';
  }
});

describe('an operator', () => {
  it('pauses and resumes', async () => {
    await boot(new BalancesProjection());
    await open('a');
    await program.drained();
    await program.projections.pause(ctx, 'bank.balances', by);
    await open('b');
    await sleep(100);
    expect(await balances()).toHaveLength(1);
    await program.projections.resume(ctx, 'bank.balances', by);
    await program.drained();
    expect(await balances()).toHaveLength(2);
  });

  it('is refused what does not fit', async () => {
    await boot(new BalancesProjection());
    const { projections } = program;
    await expect(projections.resume(ctx, 'bank.balances', by)).rejects.toThrow(ProjectionActRefused);
    await expect(projections.skip(ctx, 'bank.balances', by)).rejects.toThrow(ProjectionActRefused);
    await expect(projections.retry(ctx, 'bank.balances', by)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(projections.pause(ctx, 'no.such', by)).rejects.toThrow(ProjectionNotFound);
    await expect(projections.rebuild(ctx, 'no.such', by)).rejects.toThrow(ProjectionNotFound);
    await expect(projections.abort(ctx, 'bank.balances', by)).rejects.toThrow(ProjectionActRefused);
    await expect(projections.switchOn(ctx, 'bank.balances', uuidv7(), by)).rejects.toThrow(
      ProjectionActRefused,
    );
    expect(await acts('bank.balances')).toEqual([]);
  });

  it('rebuilds: what comes out equals what was, also while appends go on', async () => {
    await boot(new BalancesProjection(), new LedgerProjection());
    for (let i = 0; i < 20; i += 1) await open(`owner ${i}`, [i, 1], i % 2 ? uuidv7() : ctx.tenantId);
    await program.drained();
    const live = await balances();
    const ledger = () =>
      db.admin('select event_id, account_id, amount, balance from acci.ledger order by event_id');
    const liveLedger = await ledger();
    await db.admin('update acci.balances set balance = 0');
    await db.admin(`insert into acci.balances values ($1, 'left over', 'nobody', 0, 1)`, [uuidv7()]);

    await program.projections.rebuild(ctx, 'bank.balances', by);
    await program.projections.rebuild(ctx, 'bank.ledger', by);
    await program.drained();
    expect(await balances()).toEqual(live);
    expect(await ledger()).toEqual(liveLedger);
    expect(await program.status('bank.balances')).toMatchObject({ status: 'running', build: 2 });

    const load = { on: true };
    const appends = (async () => {
      for (let i = 0; load.on; i += 1) await open(`late ${i}`, [i]);
    })();
    for (let i = 0; i < 5; i += 1) {
      await program.projections.rebuild(ctx, 'bank.balances', by);
      await sleep(20);
    }
    load.on = false;
    await appends;
    await program.drained();
    expect(await balances()).toEqual(await foldOfBalances(db));
  });

  it('gets a rebuild from a new version of the projection', async () => {
    await boot(new BalancesProjection());
    await open('ada');
    await program.drained();
    await program.runner.stop();
    @Projection({
      name: 'bank.balances',
      version: 2,
      lifecycle: 'async',
      events: [AccountOpened],
      tables: ['acci.balances'],
    })
    class Louder implements ProjectionHandler<EventOf<typeof AccountOpened>> {
      handle(
        { tenantId, streamId, data }: ProjectedEvent<EventOf<typeof AccountOpened>>,
        tx: Transaction,
      ): void {
        tx.execute(
          'insert into acci.balances (tenant_id, account_id, owner, version) values ($1, $2, $3, 1)',
          [tenantId, streamId, data.owner.toUpperCase()],
        );
      }
    }
    const old = program;
    await boot(new Louder());
    await until(async () => (await program.status('bank.balances'))?.version === 2);
    expect((await balances()).map(({ owner }) => owner)).toEqual(['ADA']);

    // A process that still has the old version may run on, but does not touch the rows of the new one.
    old.runner.start();
    await program.runner.stop();
    await open('bob');
    await sleep(200);
    expect(await balances()).toHaveLength(1);
    await old.runner.stop();
  });
});
