import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@acci/database/testing';
import { DatabaseError, uuidv7 } from '@acci/database';
import { Client } from 'pg';
import { Account } from './fixtures/account.js';
import { ReplicatedBank } from './fixtures/replicated-bank.js';
import { comparePositions, type EventStore, type RecordedEvent } from './index.js';
import { testContext } from './testing/context.js';

const writers = 4;
// How many accounts are opened before the primary dies, and again after it.
const enough = 150;

let bank: ReplicatedBank;
beforeEach(async () => {
  bank = await ReplicatedBank.open();
});
afterEach(() => bank.close());

/** What goes on in the bank until it is told to end. */
interface Business {
  /** No new accounts are opened. */
  closed: boolean;
  /** And those that were being opened are, or are not. */
  ended: boolean;
  /** The accounts whose opening was acknowledged. */
  readonly acknowledged: string[];
}

/** Opens accounts, some of them in longer transactions. While the database is away it tries again and again. */
async function write(business: Business, random: () => number): Promise<void> {
  const ctx = testContext();
  while (!business.closed) {
    const id = uuidv7();
    const account = Account.open(id, id);
    if (random() < 0.5) account.deposit(1);
    const save = () => bank.store.save(ctx, account);
    const slowly = async () => {
      await sleep(random() * 5);
      await save();
      await sleep(random() * 5);
      if (random() < 0.2) throw new Error('thought better of it');
    };
    try {
      await (random() < 0.5 ? save() : bank.database.inTenant(ctx.tenantId, slowly));
      business.acknowledged.push(id);
    } catch {
      await sleep(5);
    }
  }
}

/** Reads the log as it grows, until the business has ended and nothing more comes. Bears with a database that is away. */
async function tail(store: EventStore, business: Business, random: () => number): Promise<RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  for (;;) {
    const { ended } = business;
    const batch = await store.readAll(seen.at(-1)?.position, 1 + Math.floor(random() * 50)).catch((error) => {
      if (!(error instanceof DatabaseError)) throw error;
    });
    for (const event of batch ?? []) {
      const last = seen.at(-1);
      if (last && comparePositions(last.position, event.position) >= 0)
        throw new Error('The cursor went back');
      seen.push(event);
    }
    if (batch?.length) continue;
    if (batch && ended) return seen;
    await sleep(random() * 5);
  }
}

const ids = (events: readonly RecordedEvent[]): string[] => events.map(({ id }) => id);

async function synchronously(): Promise<void> {
  const client = new Client({ connectionString: bank.servers.urls.admin });
  await client.connect();
  await client.query(`alter system set synchronous_standby_names = '*'`);
  await client.query('select pg_reload_conf()');
  const state = () => client.query(`select from pg_stat_replication where sync_state = 'sync'`);
  while ((await state()).rowCount === 0) await sleep(10);
  await client.end();
}

describe('when the primary is killed under load and the replica takes over', () => {
  it.each([
    { replication: 'asynchronous', app: 'started anew' },
    { replication: 'synchronous', app: 'left running' },
  ])(
    '$replication replication, the app $app: of what reached the replica nothing is lost, doubled or out of order',
    async ({ replication, app }) => {
      if (replication === 'synchronous') await synchronously();
      const business: Business = { closed: false, ended: false, acknowledged: [] };
      const { acknowledged } = business;
      const reached = async (count: number) => {
        while (acknowledged.length < count) await sleep(5);
      };
      const reading = [bank.store, bank.replicaStore].map((store, index) =>
        tail(store, business, seededRandom(index)),
      );
      const writing = Array.from({ length: writers }, (_, index) =>
        write(business, seededRandom(10 + index)),
      );
      await reached(enough);
      const before = acknowledged.length;
      await bank.failOver();
      if (app === 'started anew') await bank.boot();
      const between = acknowledged.length;
      await reached(between + enough);
      business.closed = true;
      await Promise.all(writing);
      business.ended = true;
      const [seen = [], seenOnReplica] = await Promise.all(reading);

      const log = await bank.log();
      const kept = new Set(ids(log));
      expect(ids(seenOnReplica ?? [])).toEqual(ids(log));
      expect(ids(seen.filter(({ id }) => kept.has(id)))).toEqual(ids(log));
      // What else was seen, the old primary had not passed on.
      const gone = seen.filter(({ id }) => !kept.has(id));
      expect(gone.every(({ position }) => position.epoch === 1)).toBe(true);
      if (replication === 'synchronous') expect(gone).toEqual([]);
      const streams = new Set(log.map(({ streamId }) => streamId));
      const survivors = replication === 'synchronous' ? acknowledged : acknowledged.slice(between);
      expect(survivors.filter((id) => !streams.has(id))).toEqual([]);
      expect(before).toBeGreaterThanOrEqual(enough);
      expect(new Set(log.map(({ position }) => position.epoch))).toEqual(new Set([1, 2]));
      for (const [streamId, events] of Map.groupBy(log, (event) => event.streamId))
        expect([streamId, ...events.map(({ version }) => version)]).toEqual(
          events.length === 1 ? [streamId, 1] : [streamId, 1, 2],
        );
    },
  );
});

describe('a reader that has seen events which never reached the replica', () => {
  it.each(['started anew', 'left running'])(
    'gets all that comes after the failover, the app %s',
    async (app) => {
      const { store } = bank;
      const [kept] = await bank.openAccounts(1);
      await bank.servers.caughtUp();
      await bank.servers.cutReplication();
      // These transactions' ids will be given out again.
      await bank.openAccounts(50);
      const cursor = (await store.readAll(undefined, 1_000)).at(-1)?.position;
      await bank.failOver();
      if (app === 'started anew') await bank.boot();

      const opened = await bank.openAccounts(10);
      const rest = await store.readAll(cursor, 1_000);
      expect(rest.map(({ streamId }) => streamId)).toEqual(opened);
      expect((await bank.log()).map(({ streamId }) => streamId)).toEqual([kept, ...opened]);
      expect(await store.head()).toEqual(rest.at(-1)?.position);
      await store.verifyEpoch();
    },
  );
});

it('a replica serves whoever reads, with what the primary has', async () => {
  const ctx = testContext();
  const { store, replicaStore } = bank;
  await store.save(ctx, Account.open('read', 'read'));
  await store.update(ctx, Account, 'read', (account) => account.deposit(7));
  await bank.servers.caughtUp();
  const log = await store.readAll(undefined, 10);
  expect(log).toHaveLength(2);
  expect(await replicaStore.readAll(undefined, 10)).toEqual(log);
  expect(await replicaStore.head()).toEqual(log.at(-1)?.position);
  expect(await replicaStore.load(ctx, Account, 'read')).toMatchObject({ balance: 7, version: 2 });
  expect(await replicaStore.readStream(ctx, Account.streamType, 'read')).toEqual(log);
  const replayed: RecordedEvent[] = [];
  await replicaStore.replay({ tenantId: ctx.tenantId }, (events) => void replayed.push(...events));
  expect(replayed).toEqual(log);
  await replicaStore.verifyEpoch();
  const save = replicaStore.save(ctx, Account.open('written', 'written'));
  await expect(save).rejects.toMatchObject({ code: 'database.unavailable' });
});

describe('a transaction that began on the replica and outlives its promotion', () => {
  it('takes for settled what was settled when it looked', async () => {
    const ctx = testContext();
    const first = uuidv7();
    const { replica, replicaStore } = bank;
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const committed = bank.database.inTenant(ctx.tenantId, async () => {
      await bank.store.save(ctx, Account.open(first, first));
      await mayCommit;
    });
    const [second] = await bank.openAccounts(1);
    await bank.servers.caughtUp();
    const readAll = async () => (await replicaStore.readAll(undefined, 10)).map(({ streamId }) => streamId);
    const lookTwice = async () => {
      expect(await readAll()).toEqual([]);
      commit();
      await committed;
      await bank.servers.caughtUp();
      await bank.failOver();
      // The second alone, and a reader would go past the first.
      expect(await readAll()).toEqual([]);
    };
    const asOfNow = { isolation: 'repeatable read', readOnly: true } as const;
    await replica.asSystem('look twice at the same state', lookTwice, asOfNow).finally(commit);
    expect(await readAll()).toEqual([first, second]);
  });
});
