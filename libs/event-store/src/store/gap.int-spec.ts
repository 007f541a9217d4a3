import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import { seededRandom, type TestDatabase } from '@acci/database/testing';
import { Account } from '../fixtures/account.js';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import { comparePositions, type EventStore, type LogFilter, type RecordedEvent } from '../index.js';
import { testContext } from '../testing/context.js';

// `npm run test:long` sets the first: the same test with twenty times the events, over twenty seeds. The others choose
// how many events, and which seeds: `ACCI_SEEDS=7,12`.
const { ACCI_LONG, ACCI_GAP_EVENTS, ACCI_SEEDS } = process.env;
const long = ACCI_LONG === '1';
const events = Number(ACCI_GAP_EVENTS ?? (long ? 100_000 : 5_000));
const seeds =
  ACCI_SEEDS?.split(',').map(Number) ?? Array.from({ length: long ? 20 : 1 }, (_, index) => index + 1);
const writers = 8;

let db: TestDatabase;
let store: EventStore;
beforeAll(async () => {
  // The long run may be given what processor time is left over.
  const patient = {
    acquireTimeoutMs: 120_000,
    statementTimeoutMs: 120_000,
    idleInTransactionTimeoutMs: 120_000,
  };
  db = await createTestDatabase({ pool: { max: 12, ...(long && patient) } });
  store = bankStore(db.database);
});
afterAll(() => db.close());

const outside = AsyncLocalStorage.snapshot();

describe('while a transaction is open somewhere', () => {
  it('readAll holds back what came after it, unless the unsettled is asked for', async () => {
    const ctx = testContext();
    const holder = await db.database.asSystem('hold the horizon', async (tx) => {
      await tx.query('select pg_current_xact_id()');
      const account = Account.open(uuidv7(), uuidv7());
      // Not nested in the holder's transaction: the work runs outside of its async context.
      await outside(() => store.save(ctx, account));
      const filter = { tenantId: ctx.tenantId };
      return outside(() =>
        Promise.all([
          store.readAll(undefined, 10, filter),
          store.readAll(undefined, 10, { ...filter, unsettled: true }),
        ]),
      );
    });
    expect(holder.map((events) => events.length)).toEqual([0, 1]);
    expect(await store.readAll(undefined, 10, { tenantId: ctx.tenantId })).toHaveLength(1);
  });
});

describe('the gap test', () => {
  it.each(seeds)(
    `${writers} writers with delays, aborts and rollbacks: who tails ${events} events loses and doubles none (seed %i)`,
    async (seed) => {
      const tenants = Array.from({ length: 4 }, () => uuidv7());
      const start = await store.head();
      const writing = { done: false };
      const filters: LogFilter[] = [
        {},
        { tenantId: tenants[0] ?? '' },
        { types: ['bank.account.deposited'] },
      ];
      const reading = filters.map((filter, index) =>
        tail(start, filter, seededRandom(seed * 1_000 + index), writing),
      );
      const written = Promise.all(
        Array.from({ length: writers }, (_, index) =>
          write(tenants, seededRandom(seed * 100 + index), writing),
        ),
      ).finally(() => {
        writing.done = true;
      });
      const [seen] = await Promise.all([Promise.all(reading), written]).finally(() => {
        // One that failed must not leave the others at work in the next one's log.
        writing.done = true;
      });

      for (const [index, { types, tenantId }] of filters.entries()) {
        const stored = await db.admin<{ event_id: string }>(
          `select event_id from acci.events
            where tenant_id = any ($1) and ($2::text[] is null or type = any ($2)) and ($3::uuid is null or tenant_id = $3)
            order by epoch, transaction, position`,
          [tenants, types, tenantId],
        );
        expect(stored.length).toBeGreaterThan(events / 10);
        // Equality of the lists is 0 lost, 0 doubled and nothing out of order, all at once.
        expect(seen[index]?.map(({ id }) => id)).toEqual(stored.map(({ event_id }) => event_id));
      }
    },
    long ? 3_600_000 : 60_000,
  );
});

/** Appends a writer's share of events, in transactions of every kind, some of which come to nothing. */
async function write(
  tenants: readonly string[],
  random: () => number,
  writing: { readonly done: boolean },
): Promise<void> {
  for (let written = 0; written < events / writers && !writing.done;) {
    const tenantId = tenants[Math.floor(random() * tenants.length)] ?? '';
    const fate = random();
    const pause = random() < 0.3 ? random() * 8 : 0;
    if (fate < 0.5) {
      written += await append(tenantId, random);
      continue;
    }
    const transaction = db.database.inTenant(tenantId, async (tx) => {
      let count = await append(tenantId, random);
      await sleep(pause);
      if (random() < 0.3) count += await append(tenantId, random);
      await sleep(pause / 2);
      if (fate < 0.6) throw new Error('rolled back');
      if (fate < 0.65) await tx.query('select 1 / 0');
      if (fate < 0.66) await tx.query('select pg_terminate_backend(pg_backend_pid())');
      return count;
    });
    written += await transaction.catch(() => 0);
  }
}

async function append(tenantId: string, random: () => number): Promise<number> {
  const id = uuidv7();
  const account = Account.open(id, id);
  for (let more = random() * 3; more > 1; more -= 1) account.deposit(1);
  return (await store.save(testContext({ tenantId }), account)).version;
}

/** Reads the log as it grows, and on until nothing more comes once the writers are done. */
async function tail(
  after: Parameters<EventStore['readAll']>[0],
  filter: LogFilter,
  random: () => number,
  writing: { readonly done: boolean },
): Promise<RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  for (;;) {
    const { done } = writing;
    const batch = await store.readAll(seen.at(-1)?.position ?? after, 1 + Math.floor(random() * 300), filter);
    for (const event of batch) {
      const last = seen.at(-1);
      if (last && comparePositions(last.position, event.position) >= 0)
        throw new Error('The cursor went back');
      seen.push(event);
    }
    if (batch.length > 0) continue;
    if (done) return seen;
    await sleep(random() * 5);
  }
}
