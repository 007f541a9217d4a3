import { prepared, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { StreamConflict, type AppendResult, type EventOf } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Account, InlineBalancesProjection, MoneyMoved } from '../fixtures/bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program } from '../fixtures/program.js';
import {
  Projection,
  readTable,
  type ProjectedEvent,
  type ProjectionHandler,
  type ProjectionTransaction,
} from '../index.js';

type Moved = ProjectedEvent<EventOf<typeof MoneyMoved>>;

const sums = readTable('bank_inline.sums', {
  version: 1,
  columns: { id: 'text', events: 'int not null', money: 'int not null' },
  key: ['id'],
});
const add = prepared(`
  insert into ${sums.name} as s (tenant_id, id, events, money) values ($1, 'all', 1, $2)
  on conflict (tenant_id, id) do update set events = s.events + 1, money = s.money + excluded.money`);

/** One row for all accounts of a tenant. */
@Projection({ name: 'bank.sums', version: 1, lifecycle: 'inline', events: [MoneyMoved], tables: [sums] })
class Sums implements ProjectionHandler<Moved> {
  handle({ tenantId, data }: Moved, tx: ProjectionTransaction): void {
    tx.execute(add, [tenantId, data.amount]);
  }
}

const moves = readTable('bank_inline.moves', {
  version: 1,
  columns: { account_id: 'text', version: 'int not null', balance: 'int not null' },
  key: ['account_id'],
});
const balanceOf = prepared(`select balance from ${moves.name} where account_id = $1`);

/** Asks for the row that it replaces, and puts it. */
@Projection({ name: 'bank.moves', version: 1, lifecycle: 'inline', events: [MoneyMoved], tables: [moves] })
class Moves implements ProjectionHandler<Moved> {
  async handle({ streamId, version, data }: Moved, tx: ProjectionTransaction): Promise<void> {
    const [row] = await tx.query<{ balance: number }>(balanceOf, [streamId]);
    tx.put(moves, { account_id: streamId, version, balance: (row?.balance ?? 0) + data.amount });
  }
}

const amounts = readTable('bank_inline.amounts', { version: 1, columns: { amount: 'int' }, key: ['amount'] });
let gate: Promise<void> | undefined;

/** Waits where a test says so. */
@Projection({
  name: 'bank.amounts',
  version: 1,
  lifecycle: 'inline',
  events: [MoneyMoved],
  tables: [amounts],
})
class Amounts implements ProjectionHandler<Moved> {
  async handle({ data }: Moved, tx: ProjectionTransaction): Promise<void> {
    await gate;
    tx.put(amounts, { amount: data.amount });
  }
}

let ctx = testContext();
let db: TestDatabase;
let program: Program;
const boot = () =>
  Program.boot(db.database, [new InlineBalancesProjection(), new Sums(), new Moves(), new Amounts()]);

beforeAll(async () => {
  db = await createTestDatabase();
  program = await boot();
});
beforeEach(() => {
  gate = undefined;
  ctx = testContext();
});
afterAll(() => db.close());

const saveAll = (accounts: readonly Account[], by = program): Promise<AppendResult>[] =>
  accounts.map((account) => by.store.save(ctx, account));

const some = (count: number): Account[] =>
  Array.from({ length: count }, (_, index) => Account.open(uuidv7(), `owner ${index}`));

const transactionsOf = (results: readonly AppendResult[]) =>
  new Set(results.map(({ position }) => position?.transaction));

/** What all projections show, and what it must be. */
async function expectFold(): Promise<void> {
  expect(await balancesIn(db, 'balances_inline')).toEqual(await foldOfBalances(db));
  const moved = `from acci.events where type = 'bank.account.money_moved'`;
  const money = `sum((data->>'amount')::int)::int`;
  expect(await db.admin(`select tenant_id, events, money from ${sums.name} order by 1`)).toEqual(
    await db.admin(
      `select tenant_id, count(*)::int as events, ${money} as money ${moved} group by 1 order by 1`,
    ),
  );
  expect(await db.admin(`select account_id, version, balance from ${moves.name} order by 1`)).toEqual(
    await db.admin(
      `select stream_id as account_id, max(version) as version, ${money} as balance ${moved} group by 1 order by 1`,
    ),
  );
}

describe('appends with inline projections that arrive at the same time', () => {
  it('share a transaction, and write the same rows rightly, in two processes', async () => {
    const programs = [program, await boot()];
    const [mine, theirs] = [some(64), some(64)];
    const both = (): Promise<AppendResult>[] =>
      [mine, theirs].flatMap((accounts, index) => saveAll(accounts, programs[index]));
    const opened = await Promise.all(both());
    expect(transactionsOf(opened).size).toBeLessThan(32);
    for (const [index, account] of [...mine, ...theirs].entries()) account.move(index);
    for (const account of mine.slice(0, 20)) account.move(1);
    await Promise.all(both());
    await expectFold();
  });

  it('are refused for themselves alone', async () => {
    const accounts = some(30);
    await Promise.all(saveAll(accounts));
    const stale = await Promise.all(
      accounts.slice(0, 2).map(({ id }) => program.store.load(ctx, Account, id)),
    );
    for (const account of [...accounts, ...stale]) account.move(5);
    await Promise.all(saveAll(accounts.slice(0, 2)));
    const settled = await Promise.allSettled([
      ...saveAll([...accounts.slice(2), ...stale]),
      ...saveAll([Account.open(uuidv7(), 'poison'), Account.open(uuidv7(), 'ada', 7)]),
    ]);
    const refusals = settled.map((save) => (save.status === 'rejected' ? save.reason : undefined));
    expect(refusals.slice(0, 28)).toEqual(Array(28).fill(undefined));
    expect(refusals.slice(28)).toEqual([
      expect.any(StreamConflict),
      expect.any(StreamConflict),
      expect.objectContaining({ message: 'cannot stomach this' }),
      undefined,
    ]);
    await expectFold();
  });

  it('do not make those wait that no projection wants', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const waiting = saveAll(
      some(10).map((account) => {
        account.move(1);
        return account;
      }),
    );
    const noted = Array.from({ length: 10 }, () => new Account(uuidv7()));
    for (const account of noted) account.note('no projection wants this');
    expect(await Promise.all(saveAll(noted))).toHaveLength(10);
    resolve();
    await Promise.all(waiting);
    await expectFold();
  });

  it('lock the rows that they put in the order of their keys', async () => {
    await program.store.save(ctx, Account.open(uuidv7(), 'ada', 3, 1, 2));
    const rows = await db.admin(`select amount from ${amounts.name} where tenant_id = $1 order by ctid`, [
      ctx.tenantId,
    ]);
    expect(rows.map(({ amount }) => amount)).toEqual([1, 2, 3]);
  });
});
