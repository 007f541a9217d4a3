import { channel } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { spyOn } from 'jest-mock';
import { uuidv7 } from '@acci/database';
import { bankStore, useBank } from '../fixtures/bank.js';
import { Savings } from '../fixtures/savings.js';
import { snapshotOf } from '../index.js';
import { testContext } from '../testing/context.js';
import { keepSnapshot, selectStreamFromSnapshot } from './stream-statements.js';

const bank = useBank([Savings]);
const { ctx } = bank;

interface SnapshotRow {
  version: number;
  schema_version: number;
  state: { owner: string; balance: number };
}

async function snapshotOfStream(id: string): Promise<SnapshotRow | undefined> {
  await bank.store.flushSnapshots();
  const [row] = await bank.db.admin<SnapshotRow & Record<string, unknown>>(
    'select version, schema_version, state from acci.snapshots where tenant_id = $1 and stream_id = $2',
    [ctx.tenantId, id],
  );
  return row;
}

/** A stream of so many events, with its snapshots. */
async function open(events: number, owner?: string): Promise<string> {
  const savings = Savings.open(uuidv7(), owner);
  savings.payIn(...Array<number>(events - 1).fill(1));
  await bank.store.save(ctx, savings);
  await bank.store.flushSnapshots();
  return savings.id;
}

/** Marks what is stored, so that a load shows whether it looked there. */
function mark(id: string, state: string): Promise<unknown> {
  return bank.db.admin('update acci.snapshots set state = $2 where stream_id = $1', [id, state]);
}

const marked = JSON.stringify({ owner: 'marked', balance: 1_000, payments: [7] });

describe('a snapshot', () => {
  it('is taken every so many events, behind the save', async () => {
    const id = await open(9);
    expect(await snapshotOfStream(id)).toBeUndefined();
    await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(5));
    expect(await snapshotOfStream(id)).toMatchObject({ version: 10, state: { owner: 'ada', balance: 13 } });
    await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(1, 1, 1, 1, 1, 1, 1, 1, 1));
    expect(await snapshotOfStream(id)).toMatchObject({ version: 10 });
    await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(1, 1, 1));
    expect(await snapshotOfStream(id)).toMatchObject({ version: 22, state: { balance: 25 } });
  });

  it('is where a load begins, in one round trip', async () => {
    const id = await open(12);
    await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(3));
    await mark(id, marked);
    const write = spyOn(Socket.prototype, 'write');
    const loaded = await bank.store.load(ctx, Savings, id);
    expect(write).toHaveBeenCalledTimes(1);
    write.mockRestore();
    expect(loaded.version).toBe(13);
    expect(loaded.summary).toEqual({ owner: 'marked', balance: 1_003, lastPayments: [7, 3] });
  });

  it('makes a load of a long history read no more than one of a short one', async () => {
    const pagesRead = async (id: string): Promise<number> => {
      const values = [ctx.tenantId, Savings.streamType, id, Savings.snapshot.version];
      const explained = `explain (analyze, buffers, format json) ${selectStreamFromSnapshot.text}`;
      const [row] = await bank.db.database.inTenant(ctx.tenantId, (tx) => tx.query(explained, values));
      const [{ Plan }] = (row as { 'QUERY PLAN': [{ Plan: Record<string, number> }] })['QUERY PLAN'];
      expect(Plan['Actual Rows']).toBe(2);
      return (Plan['Shared Hit Blocks'] ?? 0) + (Plan['Shared Read Blocks'] ?? 0);
    };
    const pages: number[] = [];
    for (const history of [10, 5_000]) {
      const id = await open(history);
      await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(1));
      await bank.db.admin('analyze acci.events');
      // The first time also reads what the plan needs.
      await pagesRead(id);
      pages.push(await pagesRead(id));
    }
    const [short = 0, long = 0] = pages;
    // The index of more events is a level deeper.
    expect(long).toBeLessThanOrEqual(short + 6);
  });

  it('belongs to its tenant', async () => {
    const id = await open(12);
    const other = testContext();
    await bank.store.save(other, Savings.open(id, 'bob'));
    expect((await bank.store.load(other, Savings, id)).summary).toMatchObject({ owner: 'bob', balance: 0 });
  });

  it('of the log as it is committed: with the transaction, or not at all', async () => {
    const [kept, undone] = [Savings.open(uuidv7()), Savings.open(uuidv7())];
    for (const savings of [kept, undone]) savings.payIn(...Array<number>(20).fill(1));
    await bank.db.database.inTenant(ctx.tenantId, async () => {
      await bank.store.save(ctx, kept);
      expect(await snapshotOfStream(kept.id)).toBeUndefined();
    });
    expect(await snapshotOfStream(kept.id)).toMatchObject({ version: 21 });
    const failed = bank.db.database.inTenant(ctx.tenantId, async () => {
      await bank.store.save(ctx, undone);
      throw new Error('undone');
    });
    await expect(failed).rejects.toThrow('undone');
    expect(await snapshotOfStream(undone.id)).toBeUndefined();
  });

  it('holds nothing of what was recorded while the save was under way', async () => {
    const savings = Savings.open(uuidv7());
    savings.payIn(...Array<number>(11).fill(1));
    const saving = bank.store.save(ctx, savings);
    savings.payIn(100);
    await saving;
    expect(await snapshotOfStream(savings.id)).toBeUndefined();
    await bank.store.save(ctx, savings);
    expect(await snapshotOfStream(savings.id)).toMatchObject({ version: 13, state: { balance: 111 } });
  });

  it('does not give way to an older one', async () => {
    const id = await open(9);
    const [slow, fast] = await Promise.all([
      bank.store.load(ctx, Savings, id),
      bank.store.load(ctx, Savings, id),
    ]);
    fast.payIn(1, 1);
    await bank.store.save(ctx, fast);
    await snapshotOfStream(id);
    // What the slow one would write if it came now.
    const values = [ctx.tenantId, Savings.streamType, id, slow.version, 1, '{}'];
    await bank.db.database.queryInTenant(ctx.tenantId, keepSnapshot, values);
    expect(await snapshotOfStream(id)).toMatchObject({ version: 11, state: { balance: 10 } });
  });
});

describe('a snapshot that does not fit is ignored, and made anew', () => {
  async function expectRenewed(id: string, store = bank.store, type = Savings): Promise<void> {
    const loaded = await store.load(ctx, type, id);
    expect(loaded.summary).toMatchObject({ owner: 'ada', balance: loaded.version - 1 });
    await store.update(ctx, type, id, (savings) => savings.payIn(1));
    await store.flushSnapshots();
    expect(await snapshotOfStream(id)).toMatchObject({
      version: loaded.version + 1,
      schema_version: type.snapshot.version,
      state: { owner: 'ada', balance: loaded.version },
    });
  }

  it.each([
    ['is nothing that it could be', 'null'],
    ['lacks a part', '{"owner":"marked"}'],
  ])('because it %s', async (_, state) => {
    const id = await open(12);
    await mark(id, state);
    await expectRenewed(id);
  });

  it('because the aggregate chokes on it', async () => {
    class Choking extends Savings {
      static override readonly snapshot = snapshotOf({
        ...Savings.snapshot,
        restore: (savings: Savings, state) => {
          Savings.snapshot.restore(savings, { ...state, owner: 'half restored' });
          throw new Error('choked');
        },
      });
    }
    const id = await open(12);
    const store = bankStore(bank.db.database, [Choking]);
    const told: unknown[] = [];
    const listen = (message: unknown): void => void told.push((message as { error: unknown }).error);
    channel('tracing:acci:snapshot:error').subscribe(listen);
    await expectRenewed(id, store, Choking);
    channel('tracing:acci:snapshot:error').unsubscribe(listen);
    expect(told[0]).toMatchObject({ message: 'choked' });
  });

  it('because it was taken under another version of its schema, newer or older', async () => {
    class Next extends Savings {
      static override readonly snapshot = snapshotOf({ ...Savings.snapshot, version: 2 });
    }
    const id = await open(12);
    await mark(id, marked);
    await expectRenewed(id, bankStore(bank.db.database, [Next]), Next);
    await mark(id, marked);
    await expectRenewed(id);
  });

  it('because the log was restored to a time before it, and has gone on differently since', async () => {
    const id = await open(12);
    await mark(id, marked);
    // What a restore leaves: the table of snapshots is ahead of that of the events.
    await bank.db.admin('alter table acci.events disable trigger all');
    await bank.db.admin('delete from acci.events where stream_id = $1 and version > 11', [id]);
    await bank.db.admin('alter table acci.events enable always trigger append_only');
    await bank.db.admin('alter table acci.events enable always trigger delete_erased_only');
    expect((await bank.store.load(ctx, Savings, id)).summary.balance).toBe(10);
    // Version 12 is there again, and is another event.
    await expectRenewed(id);
    await mark(id, marked);
    expect((await bank.store.load(ctx, Savings, id)).summary).toMatchObject({ owner: 'marked' });
  });
});

describe('a save succeeds', () => {
  it('when no snapshot can be taken', async () => {
    class Untakable extends Savings {
      static override readonly snapshot = snapshotOf({
        ...Savings.snapshot,
        take: (): never => {
          throw new Error('no state');
        },
      });
    }
    const store = bankStore(bank.db.database, [Untakable]);
    const savings = Untakable.open(uuidv7());
    savings.payIn(...Array<number>(20).fill(1));
    await store.save(ctx, savings);
    expect((await store.load(ctx, Untakable, savings.id)).version).toBe(21);
  });

  it('when no snapshot can be written', async () => {
    await bank.db.admin('revoke insert on acci.snapshots from acci_app');
    const id = await open(12);
    await bank.db.admin('grant insert on acci.snapshots to acci_app');
    expect(await snapshotOfStream(id)).toBeUndefined();
    await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(1));
    expect(await snapshotOfStream(id)).toMatchObject({ version: 13 });
  });
});
