import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@acci/database';
import { Account } from '../fixtures/account.js';
import { exportTo, importFrom } from '../fixtures/examples/move.js';
import { Branch, forge, parseLines } from '../fixtures/transfers.js';
import type { RecordedEvent } from '../index.js';
import { testContext } from '../testing/context.js';

let source: Branch;
let target: Branch;
const ctx = testContext({ actor: 'user:ada', correlationId: 'c-1', causationId: 'e-0', commandId: 'cmd-1' });
const other = testContext();

beforeAll(async () => {
  [source, target] = await Promise.all([Branch.open(), Branch.open()]);
  for (const context of [ctx, other]) {
    for (const name of ['Savings', 'Cards', 'Closed']) {
      const account = Account.open(name.toLowerCase(), name);
      account.deposit(5, { note: 'ä\n\u2028"' });
      await source.store.save(context, account);
      await source.store.update(context, Account, account.id, (again) => again.rename(`${name} 2`));
    }
    await source.store.update(context, Account, 'cards', (account) => account.issueCard('4711'));
    const closed = Account.open('empty', 'Empty');
    closed.close();
    await source.store.save(context, closed);
  }
});
afterAll(() => Promise.all([source.close(), target.close()]));

const logOf = (branch: Branch, tenantId: string) =>
  branch.store.readAll(undefined, 10_000, { tenantId, unsettled: true });
const withoutPlace = ({ position: _position, ...event }: RecordedEvent) => event;

describe('a tenant that moves', () => {
  it('is there as it was: ids, times, streams, versions, metadata and order', async () => {
    const text = await source.export(ctx);
    const before = await logOf(source, ctx.tenantId);
    const receipt = await target.import(ctx, text);
    const after = await logOf(target, ctx.tenantId);
    expect(after.map(withoutPlace)).toEqual(before.map(withoutPlace));
    expect(before.length).toBe(12);
    expect(receipt).toMatchObject({
      events: 12,
      streams: 4,
      types: { 'bank.account.opened': 4, 'bank.account.renamed': 3 },
      sourceTenantId: ctx.tenantId,
      personalData: 'replaced',
      position: after.at(-1)?.position,
    });
  });

  it('brings nothing of others along', async () => {
    expect(await logOf(target, other.tenantId)).toEqual([]);
    expect(await source.export(ctx)).not.toContain(other.tenantId);
  });

  it('goes on: streams take further events, and names stay taken or free', async () => {
    const { version } = await target.store.update(ctx, Account, 'savings', (account) => account.deposit(1));
    expect(version).toBe(4);
    await expect(target.store.save(ctx, Account.open(uuidv7(), 'Savings 2'))).rejects.toMatchObject({
      code: 'bank.account.name_taken',
    });
    const free = Account.open(uuidv7(), 'Savings');
    free.rename('Empty');
    await target.store.save(ctx, free);
  });

  it('can get another id', async () => {
    const moved = testContext();
    await target.import(moved, await source.export(ctx));
    const events = await logOf(target, moved.tenantId);
    expect(events.map(({ id }) => id)).toEqual((await logOf(source, ctx.tenantId)).map(({ id }) => id));
    expect((await target.store.load(moved, Account, 'cards')).cards).toEqual(['4711']);
  });

  it('goes through a file, as the documentation shows', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'acci-move-'));
    const file = join(directory, 'acme.ndjson');
    await exportTo(source.transfer, ctx, file);
    expect(await importFrom(target.transfer, testContext(), file)).toMatchObject({ events: 12 });
    await rm(directory, { recursive: true });
  });

  it('may be empty', async () => {
    const empty = testContext();
    const text = await source.export(empty);
    expect(parseLines(text).map(({ kind }) => kind)).toEqual(['header', 'manifest']);
    expect(await target.import(empty, text)).toMatchObject({ events: 0, position: undefined });
  });

  it('keeps times that ISO 8601 writes and PostgreSQL does not', async () => {
    const moved = testContext();
    const recordedAt = '0000-01-31T09:30:00.000Z';
    const lines = parseLines(await source.export(ctx));
    for (const line of lines) if (line.kind === 'event') Object.assign(line, { recordedAt });
    await target.import(moved, forge(lines));
    const [first] = await logOf(target, moved.tenantId);
    expect(first?.recordedAt.toISOString()).toBe(recordedAt);
  });

  it('comes through the hooks of appends, as inline projections need it', async () => {
    const seen: unknown[] = [];
    const remove = target.store.onAppend(
      (events, tx) => {
        seen.push(...events.map(({ streamId, version }) => [tx.tenantId, streamId, version]));
      },
      { types: ['bank.account.renamed'] },
    );
    const moved = testContext();
    await target.import(moved, await source.export(ctx));
    remove();
    expect(seen).toEqual([
      [moved.tenantId, 'savings', 3],
      [moved.tenantId, 'cards', 3],
      [moved.tenantId, 'closed', 3],
    ]);
  });
});

describe('an export', () => {
  it('has all that was committed when it began, and nothing else', async () => {
    const moving = testContext();
    await source.store.save(moving, Account.open('before', 'Before'));
    const text = await whileHeldBack(async () => {
      // Committed behind a transaction that is open: readers of the log do not see it yet.
      await source.store.save(moving, Account.open('held-back', 'Held back'));
      const seen = await source.store.readAll(undefined, 10, { tenantId: moving.tenantId });
      expect(seen.map(({ streamId }) => streamId)).toEqual(['before']);
      const parts = source.transfer.export(moving);
      let exported = String((await parts.next()).value);
      await source.store.save(moving, Account.open('after', 'After'));
      for await (const part of parts) exported += part;
      return exported;
    });
    const streams = parseLines(text).flatMap((line) => (line.kind === 'event' ? [line.streamId] : []));
    expect(streams).toEqual(['before', 'held-back']);
  });

  it('hands out a few megabytes at a time, however large the events are', async () => {
    const large = testContext();
    for (let index = 0; index < 12; index += 1) {
      const account = Account.open(`large-${index}`, `Large ${index}`);
      account.deposit(1, 'x'.repeat(900_000));
      await source.store.save(large, account);
    }
    const sizes: number[] = [];
    let text = '';
    for await (const part of source.transfer.export(large)) {
      sizes.push(part.length);
      text += part;
    }
    expect(text.length).toBeGreaterThan(10_000_000);
    expect(Math.max(...sizes)).toBeLessThan(6_000_000);
    expect(await target.import(large, text, 64 * 1024)).toMatchObject({ events: 24 });
  });

  it('goes in blocks, and pages that end anywhere lose and double nothing', async () => {
    const many = testContext();
    const account = Account.open('many', 'Many');
    for (let index = 0; index < 2_499; index += 1) account.deposit(1);
    await source.store.save(many, account);
    const text = await source.export(many);
    const blocks = parseLines(text).flatMap((line) => (line.kind === 'block' ? [line.events] : []));
    expect(blocks).toEqual([1_000, 2_000]);
    await target.import(many, text, 100_000);
    const events = await logOf(target, many.tenantId);
    expect(events.map(({ version }) => version)).toEqual(
      Array.from({ length: 2_500 }, (_, index) => index + 1),
    );
  });
});

/** Does something while a transaction is open that began before. */
async function whileHeldBack<T>(work: () => Promise<T>): Promise<T> {
  const begun = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const open = source.db.database.asSystem('hold back the readers of the log', async (tx) => {
    await tx.query('select pg_current_xact_id()');
    begun.resolve();
    await done.promise;
  });
  await begun.promise;
  try {
    return await work();
  } finally {
    done.resolve();
    await open;
  }
}
