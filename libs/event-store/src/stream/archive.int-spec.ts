import { OwnerDatabase, uuidv7 } from '@acci/database';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { Savings } from '../fixtures/savings.js';
import {
  StreamArchived,
  StreamArchiver,
  StreamConflict,
  StreamNotFound,
  VersionMismatch,
  VersionNotFound,
  type RecordedEvent,
} from '../index.js';
import { testContext } from '../testing/context.js';
import { moveArchived } from '../testing/move-archived.js';

const bank = useBank([Account, Savings]);
const { ctx } = bank;
let owner: OwnerDatabase;
let archiver: StreamArchiver;
beforeAll(() => {
  owner = new OwnerDatabase(bank.db.urls.owner);
  archiver = new StreamArchiver(bank.db.database, owner);
});
afterAll(() => owner.close());

async function open(versions = 5): Promise<string> {
  const savings = Savings.open(uuidv7());
  for (let amount = 1; amount < versions; amount += 1) savings.payIn(amount);
  await bank.store.save(ctx, savings);
  return savings.id;
}

/** Where a stream's events stand. */
async function places(id: string): Promise<{ hot: number[]; archived: number[] }> {
  const versionsIn = async (table: string): Promise<number[]> =>
    (
      await bank.db.admin<{ version: number }>(
        `select version from ${table} where tenant_id = $1 and stream_id = $2 order by version`,
        [ctx.tenantId, id],
      )
    ).map(({ version }) => version);
  return { hot: await versionsIn('acci.events'), archived: await versionsIn('acci.archived_events') };
}

/** Everything that can be read of a stream. */
async function reads(id: string): Promise<object> {
  const { store } = bank;
  const all: RecordedEvent[] = [];
  for (let more = true; more;) {
    const page = await store.readAll(all.at(-1)?.position, 3);
    all.push(...page);
    more = page.length === 3;
  }
  const states = [1, 2, 4, 5, 6].map(async (version) => {
    const savings = await store.load(ctx, Savings, id, { version });
    return [savings.version, savings.summary];
  });
  const present = await store.load(ctx, Savings, id);
  const middle = { fromVersion: 3, limit: 2 };
  return {
    all,
    unsettled: await store.readAll(undefined, 1_000, { unsettled: true }),
    some: await store.readAll(undefined, 1_000, { types: ['bank.savings.paid_in'], tenantId: ctx.tenantId }),
    forwards: await store.readStream(ctx, Savings.streamType, id),
    backwards: await store.readStream(ctx, Savings.streamType, id, { direction: 'backwards' }),
    middle: await store.readStream(ctx, Savings.streamType, id, middle),
    middleBackwards: await store.readStream(ctx, Savings.streamType, id, {
      ...middle,
      direction: 'backwards',
    }),
    states: await Promise.all(states),
    now: (await store.load(ctx, Savings, id, { at: new Date(Date.now() + 1_000) })).summary,
    present: [present.version, present.summary],
    head: await store.head(),
  };
}

describe('archive', () => {
  it('ends the stream with an event of the framework', async () => {
    const id = await open();
    const ended = await bank.store.archive(ctx, Savings, id);
    const [last] = await bank.store.readStream(ctx, Savings.streamType, id, {
      direction: 'backwards',
      limit: 1,
    });
    expect(last).toMatchObject({
      type: 'acci.stream.archived',
      schemaVersion: 1,
      data: {},
      version: 6,
      metadata: { actor: 'user:ada', correlationId: 'c-1' },
    });
    expect(ended).toEqual({ streamId: id, version: 6, position: last?.position });
    // Again, also when all is moved: nothing happens.
    expect(await bank.store.archive(ctx, Savings, id)).toEqual(ended);
    await moveArchived(archiver, bank.db.database);
    expect(await bank.store.archive(ctx, Savings, id)).toEqual(ended);
    expect((await places(id)).hot).toEqual([6]);
  });

  it('is for a stream of this tenant and type, at the version that the caller has seen', async () => {
    const id = await open();
    await expect(bank.store.archive(ctx, Savings, uuidv7())).rejects.toThrow(StreamNotFound);
    await expect(bank.store.archive(ctx, Account, id)).rejects.toThrow(StreamNotFound);
    await expect(bank.store.archive(ctx, Savings, 'a\0b')).rejects.toThrow(StreamNotFound);
    await expect(bank.store.archive(testContext(), Savings, id)).rejects.toThrow(StreamNotFound);
    await expect(bank.store.archive(ctx, Savings, id, { expectedVersion: 4 })).rejects.toThrow(
      VersionMismatch,
    );
    expect(await bank.store.archive(ctx, Savings, id, { expectedVersion: 5 })).toMatchObject({ version: 6 });
  });

  it('belongs to the transaction that is open', async () => {
    const id = await open();
    const work = bank.db.database.inTenant(ctx.tenantId, async () => {
      await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(1));
      await bank.store.archive(ctx, Savings, id);
      throw new Error('undone');
    });
    await expect(work).rejects.toThrow('undone');
    await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(1));
    expect(await archiver.run(ctx.tenantId, id)).toBe(0);
    expect((await places(id)).archived).toEqual([]);
  });

  it('and an append race as two appends do', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await open(2);
      const [payment] = await Promise.allSettled([
        bank.store.update(ctx, Savings, id, (savings) => savings.payIn(1)),
        bank.store.archive(ctx, Savings, id),
      ]);
      const events = await bank.store.readStream(ctx, Savings.streamType, id);
      expect(events.at(-1)?.type).toBe('acci.stream.archived');
      expect(events).toHaveLength(payment.status === 'fulfilled' ? 4 : 3);
      if (payment.status === 'rejected') expect(payment.reason).toBeInstanceOf(StreamArchived);
    }
  });
});

describe('an archived stream', () => {
  it('is read as before, in the same order, wherever its events stand', async () => {
    const [before, id, after] = [await open(3), await open(), await open(4)];
    await bank.store.archive(ctx, Savings, id);
    const expected = await reads(id);
    await moveArchived(archiver, bank.db.database);
    expect(await places(id)).toEqual({ hot: [6], archived: [1, 2, 3, 4, 5] });
    expect(await reads(id)).toEqual(expected);
    await bank.store.archive(ctx, Savings, before);
    await bank.store.archive(ctx, Savings, after);
    const more = await reads(id);
    await moveArchived(archiver, bank.db.database);
    expect(await reads(id)).toEqual(more);
    await expect(bank.store.load(ctx, Savings, id, { version: 7 })).rejects.toThrow(VersionNotFound);
    await expect(bank.store.load(testContext(), Savings, id)).rejects.toThrow(StreamNotFound);
  });

  it.each(['before its events are moved', 'afterwards'])(
    'refuses a fresh writer, and every stale one, %s',
    async (when) => {
      const id = await open();
      const stale = [];
      for (const version of [1, 2, 3, 4, 5]) {
        // The second append of several events, the first of one.
        stale.push(await bank.store.load(ctx, Savings, id, { version }));
        stale.push(await bank.store.load(ctx, Savings, id, { version }));
      }
      const late = bank.store.load(ctx, Savings, id);
      await late;
      await bank.store.archive(ctx, Savings, id);
      if (when === 'afterwards') {
        const stream = { tenantId: ctx.tenantId, streamId: id };
        expect(await moveArchived(archiver, bank.db.database, stream)).toBe(5);
      }
      const expected = await reads(id);

      for (const [index, savings] of stale.entries()) {
        savings.payIn(...(index % 2 ? [1, 2, 3] : [1]));
        await expect(bank.store.save(ctx, savings)).rejects.toThrow(StreamConflict);
        await expect(bank.store.saveAll(ctx, [savings])).rejects.toThrow(StreamConflict);
      }
      await expect(bank.store.save(ctx, Savings.open(id))).rejects.toThrow(StreamConflict);
      await expect(bank.store.save(ctx, Account.open(id, id))).rejects.toThrow(StreamConflict);

      const fresh = await bank.store.load(ctx, Savings, id);
      fresh.payIn(1);
      await expect(bank.store.save(ctx, fresh)).rejects.toThrow(StreamArchived);
      await expect(bank.store.saveAll(ctx, [fresh])).rejects.toThrow(StreamArchived);
      const last = await bank.store.load(ctx, Savings, id, { version: 6 });
      last.payIn(1);
      await expect(bank.store.save(ctx, last)).rejects.toThrow(StreamArchived);
      const payIn = (savings: Savings): void => savings.payIn(1);
      await expect(bank.store.update(ctx, Savings, id, payIn)).rejects.toThrow(StreamArchived);
      await expect(bank.store.update(ctx, Savings, id, payIn, { expectedVersion: 5 })).rejects.toThrow(
        VersionMismatch,
      );
      expect(await reads(id)).toEqual(expected);
    },
  );

  it('keeps its unique values', async () => {
    const account = await bank.open();
    await bank.store.archive(ctx, Account, account.id);
    await moveArchived(archiver, bank.db.database);
    await expect(bank.open(ctx, account.name)).rejects.toMatchObject({ code: 'bank.account.name_taken' });
  });

  it('has no snapshot any more', async () => {
    const id = await open(25);
    await bank.store.flushSnapshots();
    const snapshots = (): Promise<object[]> =>
      bank.db.admin('select from acci.snapshots where stream_id = $1', [id]);
    expect(await snapshots()).toHaveLength(1);
    await bank.store.archive(ctx, Savings, id);
    const before = await bank.store.load(ctx, Savings, id);
    await moveArchived(archiver, bank.db.database);
    expect(await snapshots()).toEqual([]);
    const after = await bank.store.load(ctx, Savings, id);
    expect(after).toEqual(before);
    expect(after.version).toBe(26);
  });
});
