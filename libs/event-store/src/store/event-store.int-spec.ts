import { channel } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Account, AccountOpened, MoneyDeposited, NameTaken, type AccountEvent } from '../fixtures/account.js';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import {
  Aggregate,
  ClaimTaken,
  comparePositions,
  EventRegistry,
  EventStore,
  InvalidStreamId,
  StreamConflict,
  StreamNotFound,
  UnknownEventType,
  UnknownEventVersion,
  VersionMismatch,
  type PendingEvent,
} from '../index.js';
import { testContext } from '../testing/context.js';

let db: TestDatabase;
let store: EventStore;
beforeAll(async () => {
  db = await createTestDatabase();
  store = bankStore(db.database);
});
afterAll(() => db.close());

const ctx = testContext({ actor: 'user:ada', correlationId: 'c-1', causationId: 'e-0', commandId: 'cmd-1' });

/** Saves a new account; its name is as unique as its id. */
async function open(context = ctx, name: string = uuidv7()): Promise<Account> {
  const account = Account.open(uuidv7(), name);
  await store.save(context, account);
  return account;
}

function deposit(account: Account): void {
  account.deposit(1);
}

async function eventCount(): Promise<number> {
  const [row] = await db.admin<{ count: number }>('select count(*)::int as count from acci.events');
  return row?.count ?? 0;
}

describe('saving and loading', () => {
  it('brings an aggregate back as it was', async () => {
    const account = Account.open(uuidv7(), 'Savings');
    account.deposit(5, {
      text: 'emoji 😀, "quotes", \\back, {curly}, NULL, \u0001',
      list: [1.5, null, true],
    });
    const saved = await store.save(ctx, account);
    expect(saved).toMatchObject({ streamId: account.id, version: 2 });
    expect(account.version).toBe(2);

    const loaded = await store.load(ctx, Account, account.id);
    expect(loaded).toEqual(account);
    expect(await store.save(ctx, loaded)).toEqual({ streamId: account.id, version: 2, position: undefined });
  });

  it('keeps all that is known of an event', async () => {
    const before = Date.now();
    const account = Account.open(uuidv7(), uuidv7());
    account.deposit(5, 'first');
    const { position } = await store.save(ctx, account);
    const [opened, deposited] = await store.readStream(ctx, Account.streamType, account.id);
    expect(deposited).toEqual({
      position,
      tenantId: ctx.tenantId,
      streamType: 'bank.account',
      streamId: account.id,
      version: 2,
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      type: 'bank.account.deposited',
      schemaVersion: 1,
      data: { amount: 5, note: 'first' },
      metadata: { actor: 'user:ada', correlationId: 'c-1', causationId: 'e-0', commandId: 'cmd-1' },
      recordedAt: expect.any(Date),
    });
    expect(deposited?.recordedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(opened && deposited && comparePositions(opened.position, deposited.position)).toBeLessThan(0);
  });

  it('reads a part of a stream', async () => {
    const account = await open();
    for (let amount = 1; amount <= 5; amount += 1) account.deposit(amount);
    await store.save(ctx, account);
    const part = await store.readStream(ctx, Account.streamType, account.id, { fromVersion: 3, limit: 2 });
    expect(part.map(({ version, data }) => [version, data])).toEqual([
      [3, { amount: 2 }],
      [4, { amount: 3 }],
    ]);
  });

  it('does not find what is not there', async () => {
    const account = await open();
    await expect(store.load(ctx, Account, uuidv7())).rejects.toThrow(StreamNotFound);
    await expect(store.load(testContext(), Account, account.id)).rejects.toThrow(StreamNotFound);
    for (const id of ['', '\0', 'x'.repeat(256)]) {
      await expect(store.load(ctx, Account, id)).rejects.toThrow(StreamNotFound);
      expect(await store.readStream(ctx, Account.streamType, id)).toEqual([]);
    }
    expect(await store.readStream(ctx, 'bank.vault', account.id)).toEqual([]);
  });

  it('does not guess at an event that it does not know', async () => {
    const insert = async (type: string, version: number): Promise<string> => {
      const id = uuidv7();
      await db.admin(
        `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
         values ($1, 'bank.account', $2, 1, gen_random_uuid(), $3, $4, '{}', '{}')`,
        [ctx.tenantId, id, type, version],
      );
      return id;
    };
    const robbed = await insert('bank.account.robbed', 1);
    const future = await insert('bank.account.opened', 2);
    await expect(store.load(ctx, Account, robbed)).rejects.toThrow(UnknownEventType);
    await expect(store.load(ctx, Account, future)).rejects.toThrow(UnknownEventVersion);
  });

  it('cost one round trip each, claims and hooks included', async () => {
    const account = await open();
    const remove = store.onAppend((_events, tx) => void tx.execute('select 1'));
    // What is sent in one round trip leaves in one write.
    const write = jest.spyOn(Socket.prototype, 'write');
    try {
      account.rename(uuidv7());
      account.deposit(1);
      await store.save(ctx, account);
      expect(write).toHaveBeenCalledTimes(1);
      await store.load(ctx, Account, account.id);
      expect(write).toHaveBeenCalledTimes(2);
    } finally {
      write.mockRestore();
      remove();
    }
  });
});

describe('conflicts', () => {
  it('refuse the second of two saves, wholly', async () => {
    const { id } = await open();
    const [one, two] = [await store.load(ctx, Account, id), await store.load(ctx, Account, id)];
    one.deposit(1);
    two.deposit(2);
    two.rename(uuidv7());
    await store.save(ctx, one);
    const refused = store.save(ctx, two);
    await expect(refused).rejects.toThrow(StreamConflict);
    await expect(refused).rejects.toMatchObject({ code: 'event_store.stream.conflict', kind: 'conflict' });
    expect(two.version).toBe(1);
    expect(await store.load(ctx, Account, id)).toMatchObject({ balance: 1, version: 2 });
  });

  it('refuse a new aggregate under an id that is in use', async () => {
    const { id } = await open();
    await expect(store.save(ctx, Account.open(id, uuidv7()))).rejects.toThrow(StreamConflict);
  });

  it('are decided anew by update', async () => {
    const { id } = await open();
    let tries = 0;
    await store.update(ctx, Account, id, async (account) => {
      tries += 1;
      if (tries < 3) await store.update(ctx, Account, id, (other) => other.deposit(10));
      account.deposit(1);
    });
    expect(tries).toBe(3);
    expect(await store.load(ctx, Account, id)).toMatchObject({ balance: 21, version: 4 });
  });

  it('end update after its attempts', async () => {
    const { id } = await open();
    let tries = 0;
    const update = store.update(ctx, Account, id, async (account) => {
      tries += 1;
      await store.update(ctx, Account, id, (other) => other.deposit(10));
      account.deposit(1);
    });
    await expect(update).rejects.toThrow(StreamConflict);
    expect(tries).toBe(5);
  });

  it('are a mismatch where the caller named a version', async () => {
    const { id } = await open();
    await store.update(ctx, Account, id, deposit, { expectedVersion: 1 });
    const stale = store.update(ctx, Account, id, deposit, { expectedVersion: 1 });
    await expect(stale).rejects.toThrow(VersionMismatch);
    await expect(stale).rejects.toMatchObject({
      code: 'event_store.version.mismatch',
      kind: 'precondition_failed',
    });
    const overtaken = store.update(
      ctx,
      Account,
      id,
      async (account) => {
        await store.update(ctx, Account, id, deposit);
        account.deposit(1);
      },
      { expectedVersion: 2 },
    );
    await expect(overtaken).rejects.toThrow(VersionMismatch);
    expect(await store.load(ctx, Account, id)).toMatchObject({ version: 3 });
  });

  it('let update say in the domain’s words that nothing is there', async () => {
    const gone = new Error('No such account');
    const update = store.update(ctx, Account, uuidv7(), () => {}, { notFound: () => gone });
    await expect(update).rejects.toBe(gone);
  });
});

describe('tenants', () => {
  it('do not see, continue or collide with one another’s streams', async () => {
    const mine = await open();
    const other = testContext();
    expect(await store.readStream(other, Account.streamType, mine.id)).toEqual([]);
    // The same id and name are free in another tenant: nothing tells that they are in use elsewhere.
    await store.save(other, Account.open(mine.id, mine.name));
    await store.update(other, Account, mine.id, (account) => account.deposit(7));
    expect(await store.load(ctx, Account, mine.id)).toMatchObject({ balance: 0, version: 1 });
    expect(await store.load(other, Account, mine.id)).toMatchObject({ balance: 7, version: 2 });
  });

  it('cannot be written to from another’s transaction', async () => {
    const other = testContext();
    await expect(db.database.inTenant(other.tenantId, () => open())).rejects.toMatchObject({
      code: 'database.tenant.mismatch',
    });
    const forged = db.database.inTenant(other.tenantId, (tx) => {
      tx.execute(
        `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
         values ($1, 'bank.account', 'forged', 1, gen_random_uuid(), 'bank.account.opened', 1, '{}', '{}')`,
        [ctx.tenantId],
      );
    });
    await expect(forged).rejects.toThrow(/row-level security/);
  });
});

describe('claims', () => {
  it('keep a value for one stream, with the domain’s error for the next', async () => {
    const name = uuidv7();
    await open(ctx, name);
    const before = await eventCount();
    await expect(open(ctx, name)).rejects.toThrow(NameTaken);
    expect(await eventCount()).toBe(before);
  });

  it('have an error of their own, which names the right one of several', async () => {
    const [first, second] = [await open(), await open()];
    const number = uuidv7();
    first.issueCard(number);
    await store.save(ctx, first);
    second.issueCard(uuidv7());
    second.issueCard(number);
    const refused = store.save(ctx, second);
    await expect(refused).rejects.toThrow(ClaimTaken);
    await expect(refused).rejects.toMatchObject({
      code: 'event_store.claim.taken',
      kind: 'conflict',
      details: { scope: 'bank.account.card' },
    });
    const renamed = await store.load(ctx, Account, second.id);
    renamed.issueCard(uuidv7());
    renamed.rename(first.name);
    await expect(store.save(ctx, renamed)).rejects.toThrow(NameTaken);
  });

  it('are released and taken in one append', async () => {
    const account = await open();
    const [before, after] = [account.name, uuidv7()];
    account.rename(after);
    await store.save(ctx, account);
    await expect(open(ctx, after)).rejects.toThrow(NameTaken);
    await open(ctx, before);
  });

  it('may be taken again by the stream that holds them', async () => {
    const account = await open();
    account.rename(account.name);
    account.rename(account.name);
    await store.save(ctx, account);
    await expect(open(ctx, account.name)).rejects.toThrow(NameTaken);
  });

  it('cannot be released by a stream that does not hold them', async () => {
    const [holder, other] = [await open(), await open()];
    other.name = holder.name;
    other.close();
    await store.save(ctx, other);
    await expect(open(ctx, holder.name)).rejects.toThrow(NameTaken);
  });
});

describe('a joined transaction', () => {
  it('commits or undoes several aggregates together, and says there and then what is wrong', async () => {
    const name = uuidv7();
    const ids = await db.database.inTenant(ctx.tenantId, async () => {
      const [one, two] = [await open(ctx, name), await open()];
      expect(await store.load(ctx, Account, one.id)).toMatchObject({ version: 1 });
      return [one.id, two.id];
    });
    for (const id of ids) expect(await store.load(ctx, Account, id)).toMatchObject({ version: 1 });

    const before = await eventCount();
    const undone = db.database.inTenant(ctx.tenantId, async () => {
      await open();
      await expect(open(ctx, name)).rejects.toThrow(NameTaken);
    });
    await expect(undone).rejects.toMatchObject({ code: 'database.transaction.aborted' });
    expect(await eventCount()).toBe(before);
  });

  it('is ended by a conflict: update does not try again in it', async () => {
    const { id } = await open();
    let tries = 0;
    const update = db.database.inTenant(ctx.tenantId, () =>
      store.update(ctx, Account, id, async (account) => {
        tries += 1;
        await elsewhere(() => store.update(ctx, Account, id, (other) => other.deposit(1)));
        account.deposit(1);
      }),
    );
    await expect(update).rejects.toThrow(StreamConflict);
    expect(tries).toBe(1);
  });

  it('can be the system’s, narrowed to the tenant', async () => {
    const id = await db.database.asSystem('test', async (tx) => {
      const account = await open();
      expect(await tx.query('select current_user as role')).toEqual([{ role: 'acci_system' }]);
      return account.id;
    });
    expect(await store.load(ctx, Account, id)).toMatchObject({ version: 1 });
  });
});

describe('hooks', () => {
  it('see each append before it commits, write with it, and can undo it', async () => {
    const seen: PendingEvent[] = [];
    const remove = store.onAppend((events, tx) => {
      seen.push(...events);
      if (JSON.stringify(events).includes('"amount":13')) throw new Error('Unlucky');
      tx.execute(
        'insert into acci.unique_claims (tenant_id, scope, value, stream_id) values ($1, $2, $3, $4)',
        [ctx.tenantId, 'hook', events[0]?.id, 'hook'],
      );
    });
    try {
      const account = Account.open(uuidv7(), uuidv7());
      account.deposit(5);
      await store.save(ctx, account);
      const recorded = await store.readStream(ctx, Account.streamType, account.id);
      expect(seen).toEqual(recorded.map(({ position, ...pending }) => (position ? pending : undefined)));
      expect(await db.admin(`select from acci.unique_claims where scope = 'hook'`)).toHaveLength(1);

      account.deposit(13);
      await expect(store.save(ctx, account)).rejects.toThrow('Unlucky');
      expect(await store.load(ctx, Account, account.id)).toMatchObject({ balance: 5 });
    } finally {
      remove();
    }
    await open();
    expect(seen).toHaveLength(3);
  });

  it('tell of commits once per turn, and of nothing else', async () => {
    let told = 0;
    const remove = store.onCommitted(() => (told += 1));
    await Promise.all([open(), open()]);
    await nextTurn();
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(2);
    const before = told;
    await store.save(ctx, new Account(uuidv7()));
    await db.database
      .inTenant(ctx.tenantId, async () => {
        await open();
        throw new Error('Changed my mind');
      })
      .catch(() => {});
    await nextTurn();
    expect(told).toBe(before);
    remove();
  });

  it('let a tracer follow appends', async () => {
    const started: unknown[] = [];
    const listen = (message: unknown): void => void started.push(message);
    channel('tracing:acci:append:start').subscribe(listen);
    await open();
    channel('tracing:acci:append:start').unsubscribe(listen);
    expect(started).toMatchObject([
      {
        name: 'append bank.account',
        attributes: { 'acci.tenant': ctx.tenantId, 'acci.stream_type': 'bank.account', 'acci.events': 1 },
      },
    ]);
  });
});

describe('bad input', () => {
  const big = 'x'.repeat(10 * 1024 * 1024);
  const deep = JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown;
  it.each([
    ['event_store.event.invalid', (account: Account) => account.deposit(-1)],
    ['event_store.event.too_large', (account: Account) => account.deposit(1, big)],
    ['event_store.data.too_deep', (account: Account) => account.deposit(1, deep)],
    ['event_store.data.invalid_text', (account: Account) => account.deposit(1, 'a\0b')],
    ['event_store.data.invalid_text', (account: Account) => account.deposit(1, { text: '\udead' })],
    ['event_store.data.unsafe_key', (account: Account) => account.deposit(1, JSON.parse('{"__proto__":1}'))],
    ['event_store.data.not_json', (account: Account) => account.deposit(1, { at: new Date() })],
  ])('%s: refused, nothing written', async (code, act) => {
    const account = await open();
    const before = await eventCount();
    act(account);
    await expect(store.save(ctx, account)).rejects.toMatchObject({ code });
    expect(await eventCount()).toBe(before);
  });

  it('in a stream’s id or in the context is refused', async () => {
    for (const id of ['', 'a\0', 'x'.repeat(256)]) {
      await expect(store.save(ctx, Account.open(id, uuidv7()))).rejects.toThrow(InvalidStreamId);
    }
    await expect(open(testContext({ actor: 'a\0' }))).rejects.toMatchObject({
      code: 'event_store.data.invalid_text',
    });
    await expect(open(testContext({ tenantId: 'acme' }))).rejects.toMatchObject({
      code: 'database.tenant.invalid_id',
    });
  });

  it('of an event that the aggregate does not list is refused', async () => {
    class Vault extends Aggregate<AccountEvent> {
      static readonly streamType = 'bank.vault';
      static readonly events = [AccountOpened];
      deposit(): void {
        this.record(MoneyDeposited.of({ amount: 1 }));
      }
      protected apply(): void {}
    }
    const registry = new EventRegistry();
    registry.register(Vault);
    const vault = new Vault(uuidv7());
    vault.deposit();
    await expect(new EventStore(db.database, registry).save(ctx, vault)).rejects.toThrow(UnknownEventType);
  });
});

/** Runs work as another request would: outside the transaction of the caller. */
function elsewhere<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    outside.push(() => void work().then(resolve, reject));
  });
}
const outside: (() => void)[] = [];
let pump: NodeJS.Timeout;
beforeAll(() => {
  // Timers keep the async context they were made in: this one was made outside every transaction.
  pump = setInterval(() => outside.splice(0).forEach((run) => run()), 5);
});
afterAll(() => clearInterval(pump));
