import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseUnavailable, InvalidTenantId, uuidv7 } from '@acci/database';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { StreamConflict, StreamNotFound, type AppendResult } from '../index.js';
import { testContext } from '../testing/context.js';

/** Runs work as another request would: not inside a transaction that is open here. */
const outside = AsyncLocalStorage.snapshot();

const bank = useBank();
const { ctx } = bank;

const openSome = (count: number, context = ctx) =>
  Promise.all(Array.from({ length: count }, () => bank.open(context)));

/** Deposits into all of them in one turn of the event loop. */
function depositAtOnce(accounts: readonly Account[], context = ctx): Promise<AppendResult>[] {
  for (const account of accounts) account.deposit(1);
  return accounts.map((account) => bank.store.save(context, account));
}

const transactionsOf = (results: readonly AppendResult[]) =>
  new Set(results.map(({ position }) => position?.transaction));

describe('appends that arrive at the same time', () => {
  it('share a transaction, and each knows its own place', async () => {
    const accounts = await openSome(100);
    const results = await Promise.all(depositAtOnce(accounts));
    expect(transactionsOf(results).size).toBeLessThan(10);
    for (const [index, { id }] of accounts.entries()) {
      const [, deposited] = await bank.store.readStream(ctx, 'bank.account', id);
      expect(deposited).toMatchObject({ version: 2, position: results[index]?.position });
    }
  });

  it('may hold several events each, in their order', async () => {
    const accounts = await openSome(20);
    for (const [index, account] of accounts.entries()) {
      for (let amount = 1; amount <= 1 + (index % 3); amount += 1) account.deposit(amount);
    }
    const results = await Promise.all(accounts.map((account) => bank.store.save(ctx, account)));
    expect(transactionsOf(results).size).toBeLessThan(5);
    for (const [index, { id }] of accounts.entries()) {
      const events = (await bank.store.readStream(ctx, 'bank.account', id)).slice(1);
      expect(events.map(({ data }) => data)).toEqual(
        [1, 2, 3].slice(0, 1 + (index % 3)).map((amount) => ({ amount })),
      );
      expect(events.at(-1)?.position).toEqual(results[index]?.position);
    }
  });

  it('stay with their tenants', async () => {
    const tenants = Array.from({ length: 5 }, () => testContext());
    const open = await Promise.all(tenants.map((context) => openSome(10, context)));
    const results = await Promise.all(
      tenants.flatMap((context, index) => depositAtOnce(open[index] ?? [], context)),
    );
    expect(transactionsOf(results).size).toBeLessThan(10);
    for (const [index, context] of tenants.entries()) {
      for (const { id } of open[index] ?? []) {
        expect(await bank.store.load(context, Account, id)).toMatchObject({ balance: 1, version: 2 });
        await expect(bank.store.load(ctx, Account, id)).rejects.toThrow(StreamNotFound);
      }
    }
  });

  it('are refused for themselves alone', async () => {
    const accounts = await openSome(30);
    const stale = await Promise.all(accounts.slice(0, 3).map(({ id }) => bank.store.load(ctx, Account, id)));
    await Promise.all(depositAtOnce(accounts.slice(0, 3)));
    const settled = await Promise.allSettled(depositAtOnce([...accounts.slice(3), ...stale]));
    expect(settled.slice(0, 27).every(({ status }) => status === 'fulfilled')).toBe(true);
    for (const refused of settled.slice(27)) {
      expect(refused).toMatchObject({ reason: expect.any(StreamConflict) });
    }
    for (const { id } of accounts) {
      expect(await bank.store.load(ctx, Account, id)).toMatchObject({ balance: 1, version: 2 });
    }
  });

  it('suffer nothing from one for a tenant whose id is none', async () => {
    const accounts = await openSome(10);
    const stray = new Account(uuidv7());
    stray.deposit(1);
    const saves = depositAtOnce(accounts);
    await expect(bank.store.save({ ...ctx, tenantId: 'nobody' }, stray)).rejects.toThrow(InvalidTenantId);
    expect(await Promise.all(saves)).toHaveLength(10);
  });

  it('never let two of one stream through', async () => {
    const [account] = await openSome(1);
    const rivals = await Promise.all(
      Array.from({ length: 50 }, () => bank.store.load(ctx, Account, account?.id ?? '')),
    );
    const settled = await Promise.allSettled(depositAtOnce(rivals));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await bank.store.load(ctx, Account, account?.id ?? '')).toMatchObject({ balance: 1, version: 2 });
  });

  it('do not wait for one whose stream somebody holds', async () => {
    const accounts = await openSome(20);
    const [held] = accounts;
    const holder = await bank.store.load(ctx, Account, held?.id ?? '');
    holder.deposit(5);
    const blocked: Promise<AppendResult>[] = [];
    await bank.db.database.inTenant(ctx.tenantId, async () => {
      await bank.store.save(ctx, holder);
      const [behindHolder, ...others] = outside(() => depositAtOnce(accounts));
      if (behindHolder) blocked.push(behindHolder);
      await Promise.all(others);
    });
    expect(await Promise.allSettled(blocked)).toMatchObject([{ reason: expect.any(StreamConflict) }]);
  });
});

describe('an append that comes alone', () => {
  it('has a transaction of its own', async () => {
    const accounts = await openSome(3);
    const results: AppendResult[] = [];
    for (const account of accounts) results.push(...(await Promise.all(depositAtOnce([account]))));
    expect(transactionsOf(results).size).toBe(3);
  });
});

describe('appends of a group whose connection ends', () => {
  it('are told so, and are not sent again', async () => {
    const accounts = await openSome(20);
    await bank.db.admin(`
      create function acci.pause() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.5); return null; end $$;
      create trigger pause before insert on acci.events execute function acci.pause()`);
    const saves = Promise.allSettled(depositAtOnce(accounts));
    let ended = 0;
    while (ended < 2) {
      const rows = await bank.db.admin(
        `select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'`,
      );
      ended += rows.length;
    }
    for (const save of await saves) expect(save).toMatchObject({ reason: expect.any(DatabaseUnavailable) });
    await bank.db.admin('drop trigger pause on acci.events; drop function acci.pause()');
    for (const { id } of accounts) {
      expect(await bank.store.load(ctx, Account, id)).toMatchObject({ balance: 0, version: 1 });
    }
  });
});
