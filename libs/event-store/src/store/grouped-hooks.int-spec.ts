import { DatabaseUnavailable, prepared, tenantTable, type Transaction } from '@acci/database';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { StreamConflict, type AppendHook, type AppendResult, type PendingEvent } from '../index.js';
import { testContext } from '../testing/context.js';

const bank = useBank();
const { ctx } = bank;
const removals: (() => void)[] = [];

beforeAll(async () => {
  await bank.db.admin(
    'create table acci.kept (tenant_id uuid, event_id uuid, nth int, primary key (tenant_id, event_id))',
  );
  for (const sql of tenantTable('acci.kept')) await bank.db.admin(sql);
});
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

const keep = prepared('insert into acci.kept (tenant_id, event_id, nth) values ($1, $2, $3)');

/** Writes a row for each event, as an inline projection would; deposits of 13 are refused. */
function keepEach(events: readonly PendingEvent[], tx: Transaction): void {
  for (const { id, data } of events) {
    if ((data as { amount: number }).amount === 13) throw new Error('Unlucky');
    tx.execute(keep, [tx.tenantId, id, 0]);
  }
}

const addHook = (hook: AppendHook): void =>
  void removals.push(bank.store.onAppend(hook, { types: ['bank.account.deposited'] }));

const openSome = (count: number, context = ctx) =>
  Promise.all(Array.from({ length: count }, () => bank.open(context)));

/** Deposits into all of them in one turn of the event loop. */
function depositAtOnce(accounts: readonly Account[], context = ctx, amount = 1): Promise<AppendResult>[] {
  for (const account of accounts) account.deposit(amount);
  return accounts.map((account) => bank.store.save(context, account));
}

const transactionsOf = (results: readonly AppendResult[]) =>
  new Set(results.map(({ position }) => position?.transaction));

/** Deposits without a row, rows without a deposit, and rows of another tenant than their deposit's. */
const differences = () =>
  bank.db.admin(`
    select * from (select tenant_id, event_id from acci.events where type = 'bank.account.deposited') as deposited
      full join acci.kept using (tenant_id, event_id)
     where deposited.event_id is null or kept.event_id is null`);

describe('appends with hooks that arrive at the same time', () => {
  it('share a transaction and a call for each tenant, with the events in the order of the log', async () => {
    const calls: string[][] = [];
    addHook((events, tx) => {
      calls.push(events.map(({ id }) => id));
      keepEach(events, tx);
    });
    const other = testContext();
    const [mine, theirs] = await Promise.all([openSome(40), openSome(40, other)]);
    for (const account of mine.slice(0, 10)) account.deposit(2);
    const results = await Promise.all([...depositAtOnce(mine), ...depositAtOnce(theirs, other)]);
    expect(transactionsOf(results).size).toBeLessThan(8);
    expect(calls.length).toBeLessThan(16);
    const log = await bank.db.admin<{ event_id: string }>(
      `select event_id from acci.events where type = 'bank.account.deposited' order by transaction, position`,
    );
    const places = new Map(log.map(({ event_id: id }, place) => [id, place]));
    for (const ids of calls) {
      const own = ids.map((id) => places.get(id) ?? NaN);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    expect(await differences()).toEqual([]);
  });

  it('are refused for themselves alone, by a conflict and by a hook', async () => {
    addHook(keepEach);
    const accounts = await openSome(40);
    const raced = accounts.slice(0, 3);
    const stale = await Promise.all(raced.map(({ id }) => bank.store.load(ctx, Account, id)));
    await Promise.all(depositAtOnce(raced));
    const settled = await Promise.allSettled([
      ...depositAtOnce(accounts.slice(3, 37)),
      ...depositAtOnce(stale),
      ...depositAtOnce(accounts.slice(37), ctx, 13),
    ]);
    expect(settled.slice(0, 34).every(({ status }) => status === 'fulfilled')).toBe(true);
    for (const save of settled.slice(34, 37))
      expect(save).toMatchObject({ reason: expect.any(StreamConflict) });
    for (const save of settled.slice(37)) expect(save).toMatchObject({ reason: { message: 'Unlucky' } });
    for (const { id } of accounts.slice(0, 37))
      expect(await bank.store.load(ctx, Account, id)).toMatchObject({ balance: 1, version: 2 });
    expect(await differences()).toEqual([]);
  });

  it('let hooks ask the database, which sees what came before', async () => {
    addHook(async (events, tx) => {
      for (const { id } of events) {
        const [row] = await tx.query<{ nth: number }>('select count(*)::int + 1 as nth from acci.kept');
        tx.execute(keep, [tx.tenantId, id, row?.nth]);
      }
    });
    const context = testContext();
    const [first, ...others] = await openSome(30, context);
    // While one holds the next number, those behind it come together.
    const results = await Promise.all([
      ...depositAtOnce([first as Account], context),
      ...depositAtOnce(others, context),
    ]);
    expect(transactionsOf(results).size).toBeLessThan(5);
    expect(await differences()).toEqual([]);
    const own = await bank.db.admin('select nth from acci.kept where tenant_id = $1', [context.tenantId]);
    expect(own).toHaveLength(30);
    expect(Math.max(...own.map(({ nth }) => Number(nth)))).toBeGreaterThan(20);
  });

  it('are told of what happens after their commit, and only then', async () => {
    const told: string[] = [];
    addHook((events, tx) => {
      keepEach(events, tx);
      for (const { streamId } of events) tx.afterCommit(() => told.push(streamId));
    });
    const accounts = await openSome(20);
    const [unlucky, ...lucky] = accounts;
    await Promise.allSettled([...depositAtOnce(lucky), ...depositAtOnce([unlucky as Account], ctx, 13)]);
    expect(told.toSorted()).toEqual(lucky.map(({ id }) => id).toSorted());
  });

  it('are all told when their connection ends, and are not sent again', async () => {
    const accounts = await openSome(20);
    let calls = 0;
    addHook((events, tx) => {
      calls += 1;
      keepEach(events, tx);
      tx.execute('select pg_sleep(5)');
    });
    const saves = Promise.allSettled(depositAtOnce(accounts));
    // The first one went alone.
    for (const ended = new Set(); ended.size < 2;) {
      const rows = await bank.db.admin(
        `select pid, pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
      );
      for (const { pid } of rows) ended.add(pid);
    }
    for (const save of await saves) expect(save).toMatchObject({ reason: expect.any(DatabaseUnavailable) });
    expect(calls).toBe(2);
    for (const { id } of accounts)
      expect(await bank.store.load(ctx, Account, id)).toMatchObject({ balance: 0, version: 1 });
    expect(await differences()).toEqual([]);
  });
});
