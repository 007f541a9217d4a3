import { uuidv7 } from '@acci/database';
import { Account, AccountOpened, MoneyDeposited } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import type { RecordedEvent, ReplayOptions, ReplayProgress, ReplaySelection } from '../index.js';
import { testContext } from '../testing/context.js';

const bank = useBank();

/** A tenant with accounts on each of which there was money paid in. */
async function tenant(accounts: number): Promise<{ tenantId: string; ids: string[] }> {
  const ctx = testContext();
  const ids: string[] = [];
  for (let count = 0; count < accounts; count += 1) {
    const account = Account.open(uuidv7(), uuidv7());
    account.deposit(1);
    await bank.store.save(ctx, account);
    ids.push(account.id);
  }
  return { tenantId: ctx.tenantId, ids };
}

/** Replays, and collects what came in which batches. */
async function collect(selection: ReplaySelection, options?: ReplayOptions) {
  const batches: (readonly RecordedEvent[])[] = [];
  const result = await bank.store.replay(selection, (events) => void batches.push(events), options);
  return { ...result, batches, ids: batches.flat().map(({ id }) => id) };
}

async function logOf(tenantId: string): Promise<RecordedEvent[]> {
  return bank.store.readAll(undefined, 10_000, { tenantId });
}

describe('a replay', () => {
  it('hands out the whole log, in its order, in batches', async () => {
    await tenant(4);
    await tenant(3);
    const log = await bank.store.readAll(undefined, 10_000);
    const { ids, batches, events, done, position } = await collect({}, { batchSize: 5 });
    expect(ids).toEqual(log.map(({ id }) => id));
    expect(batches.slice(0, -1).every((batch) => batch.length === 5)).toBe(true);
    expect({ events, done, position }).toEqual({
      events: log.length,
      done: true,
      position: await bank.store.head(),
    });
  });

  it('can be of one tenant, some types, one stream, and a range', async () => {
    const { tenantId, ids: accounts } = await tenant(4);
    const log = await logOf(tenantId);
    const idsWhere = (wanted: (event: RecordedEvent, index: number) => boolean) =>
      log.filter(wanted).map(({ id }) => id);
    const [, id = ''] = accounts;
    const stream = { type: Account.streamType, id };
    const types = [MoneyDeposited.type];
    const [from, to] = [log[1]?.position, log[5]?.position];
    const options = { batchSize: 2 };

    expect((await collect({ tenantId }, options)).ids).toEqual(idsWhere(() => true));
    expect((await collect({ tenantId, types }, options)).ids).toEqual(
      idsWhere(({ type }) => type === MoneyDeposited.type),
    );
    expect((await collect({ tenantId, stream }, { batchSize: 1 })).ids).toEqual(
      idsWhere(({ streamId }) => streamId === id),
    );
    expect((await collect({ tenantId, stream, types: [AccountOpened.type] })).events).toBe(1);
    expect((await collect({ tenantId: uuidv7(), stream })).events).toBe(0);
    expect((await collect({ tenantId, from, to }, options)).ids).toEqual(
      idsWhere((_, index) => index > 1 && index <= 5),
    );
    expect(await collect({ tenantId, from: to, to: from }, options)).toMatchObject({ events: 0, done: true });
    await expect(async () => bank.store.replay({ stream }, () => {})).rejects.toThrow(RangeError);
  });

  it('ends where the log ended when it began', async () => {
    const { tenantId } = await tenant(2);
    const { events } = await bank.store
      .replay({ tenantId }, async () => void (await bank.open(testContext({ tenantId }))), { batchSize: 1 })
      .then((result) => result);
    expect(events).toBe(4);
    expect(await logOf(tenantId)).toHaveLength(8);
  });

  it('that was aborted goes on where it was: nothing is lost, nothing comes twice', async () => {
    const { tenantId } = await tenant(5);
    const abort = new AbortController();
    const progress: ReplayProgress[] = [];
    const first = await collect(
      { tenantId },
      {
        batchSize: 3,
        signal: abort.signal,
        onProgress: (now) => {
          progress.push(now);
          if (progress.length === 2) abort.abort();
        },
      },
    );
    expect(first).toMatchObject({ events: 6, done: false, position: progress[1]?.position });
    const second = await collect({ tenantId, from: first.position });
    expect(second.done).toBe(true);
    expect([...first.ids, ...second.ids]).toEqual((await logOf(tenantId)).map(({ id }) => id));
    // From the end it goes on with what is new, and with nothing else.
    const third = await collect({ tenantId, from: second.position });
    expect(third).toMatchObject({ events: 0, position: second.position });
    const { streamId } = await bank.store.save(testContext({ tenantId }), Account.open(uuidv7(), uuidv7()));
    const fourth = await collect({ tenantId, from: third.position });
    expect(fourth.batches.flat().map((event) => event.streamId)).toEqual([streamId]);
  });

  it('whose handler failed goes on from the progress told last', async () => {
    const { tenantId } = await tenant(3);
    const seen: string[] = [];
    let last: ReplayProgress | undefined;
    const failing = bank.store.replay(
      { tenantId },
      (events) => {
        if (seen.length === 4) throw new Error('out of paper');
        seen.push(...events.map(({ id }) => id));
      },
      { batchSize: 2, onProgress: (now) => void (last = now) },
    );
    await expect(failing).rejects.toThrow('out of paper');
    const rest = await collect({ tenantId, from: last?.position });
    expect([...seen, ...rest.ids]).toEqual((await logOf(tenantId)).map(({ id }) => id));
  });

  it('keeps to a rate: a tenth of a second’s worth at a time, and an abort ends the wait', async () => {
    const { tenantId } = await tenant(3);
    const paced = await collect({ tenantId }, { eventsPerSecond: 20 });
    expect(paced.batches.map((batch) => batch.length)).toEqual([2, 2, 2]);
    const abort = new AbortController();
    const options = { eventsPerSecond: 0.001, signal: abort.signal };
    const slow = await collect(
      { tenantId },
      { ...options, onProgress: () => void setImmediate(() => abort.abort()) },
    );
    expect(slow).toMatchObject({ events: 1, done: false });
    await expect(collect({ tenantId }, { eventsPerSecond: 0 })).rejects.toThrow(RangeError);
  });

  it('does not wait for what an open transaction holds back', async () => {
    const { tenantId } = await tenant(1);
    const replayed = await bank.db.database.inTenant(uuidv7(), async (tx) => {
      await tx.query('select pg_current_xact_id()');
      const hidden = await elsewhere(() => bank.open(testContext({ tenantId })));
      return elsewhere(async () => ({ hidden, ...(await collect({ tenantId })) }));
    });
    expect(replayed.done).toBe(true);
    expect(replayed.events).toBe(2);
    const rest = await collect({ tenantId, from: replayed.position });
    expect(rest.batches.flat().map(({ streamId }) => streamId)).toEqual([replayed.hidden.id]);
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
