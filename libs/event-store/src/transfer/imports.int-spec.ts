import { Readable } from 'node:stream';
import { OwnerDatabase } from '@acci/database';
import { z } from 'zod';
import { Account } from '../fixtures/account.js';
import { Branch, forge, parseLines } from '../fixtures/transfers.js';
import { Aggregate, defineEvent, StreamArchiver, tag, unhandledEvent, type EventOf } from '../index.js';
import { testContext } from '../testing/context.js';
import { moveArchived } from '../testing/move-archived.js';

const SeatTaken = defineEvent({
  type: 'school.seat.taken',
  version: 1,
  schema: z.object({ course: z.string(), student: z.string() }),
  tags: ({ course, student }) => [tag('course', course), tag('student', student)],
});

class Seat extends Aggregate<EventOf<typeof SeatTaken>> {
  static readonly streamType = 'school.seat';
  static readonly events = [SeatTaken];

  take(course: string, student: string): void {
    this.record(SeatTaken.of({ course, student }));
  }

  protected apply(event: EventOf<typeof SeatTaken>): void {
    if (event.type !== 'school.seat.taken') unhandledEvent(event.type);
  }
}

let source: Branch;
let target: Branch;
beforeAll(async () => {
  [source, target] = await Promise.all([Branch.open([Account, Seat]), Branch.open([Account, Seat])]);
});
afterAll(() => Promise.all([source.close(), target.close()]));

async function countIn(tenantId: string): Promise<number> {
  const events = await target.store.readAll(undefined, 10_000, { tenantId, unsettled: true });
  return events.length;
}

describe('an import', () => {
  it('is not for a tenant that has events', async () => {
    const { ctx, text } = await source.saved(1);
    await target.store.save(ctx, Account.open('mine', 'Mine'));
    const refusal = { code: 'event_store.transfer.tenant_not_empty' };
    await expect(target.import(ctx, text)).rejects.toMatchObject(refusal);
    expect(await countIn(ctx.tenantId)).toBe(1);
  });

  it('done twice is done once', async () => {
    const { ctx, text } = await source.saved(700);
    const outcomes = await Promise.allSettled([target.import(ctx, text), target.import(ctx, text)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(target.import(ctx, text)).rejects.toMatchObject({
      code: 'event_store.transfer.tenant_not_empty',
    });
    expect(await countIn(ctx.tenantId)).toBe(701);
  });

  it('tells how much is written, and of how much', async () => {
    const { ctx, text } = await source.saved(700);
    const told: [number, number][] = [];
    const onWritten = (...advance: [number, number]) => told.push(advance);
    await target.transfer.import(ctx, Readable.from([Buffer.from(text)]), { onWritten });
    expect(told).toEqual([
      [500, 701],
      [701, 701],
    ]);
  });

  it.each([
    ['another stream', 'other'],
    ['the same stream', 'savings'],
  ])('is refused if the tenant gets events of %s meanwhile', async (_, id) => {
    const { ctx, text } = await source.saved(600);
    // Outside of the import's transaction, as another request is.
    const begun = Promise.withResolvers<void>();
    const written = begun.promise.then(() => target.store.save(ctx, Account.open(id, 'Live')));
    // The account's last events come in a later batch, as the first ones of a stream.
    const lines = parseLines(text);
    for (const line of lines) {
      if (line.kind !== 'event') continue;
      const { version } = line;
      Object.assign(line, version > 550 ? { version: version - 550 } : { streamId: 'first' });
    }
    const remove = target.store.onAppend(async ([event]) => {
      if (event?.streamId !== 'first') return;
      begun.resolve();
      await written;
    });
    await expect(target.import(ctx, forge(lines))).rejects.toMatchObject({
      code: 'event_store.transfer.tenant_not_empty',
    });
    remove();
    expect(await countIn(ctx.tenantId)).toBe(1);
  });

  it('writes a few megabytes at a time, however large the events are', async () => {
    const ctx = testContext();
    const account = Account.open('large', 'Large');
    for (let index = 0; index < 12; index += 1) account.deposit(1, 'x'.repeat(900_000));
    await source.store.save(ctx, account);
    const sizes: number[] = [];
    const remove = target.store.onAppend((events) => {
      sizes.push(JSON.stringify(events).length);
    });
    await target.import(ctx, await source.export(ctx), 64 * 1024);
    remove();
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(6_000_000);
  });

  it('that loses its connection halfway leaves nothing, and can be done again', async () => {
    const { ctx, text } = await source.saved(1_200);
    const before = await target.written();
    let batches = 0;
    const remove = target.store.onAppend(async (_events, tx) => {
      batches += 1;
      if (batches === 2) await tx.query('select pg_terminate_backend(pg_backend_pid())');
    });
    await expect(target.import(ctx, text)).rejects.toThrow();
    remove();
    expect(batches).toBe(2);
    expect(await target.written()).toEqual(before);
    expect(await target.import(ctx, text)).toMatchObject({ events: 1_201 });
  });

  it('is run again as a whole when its transaction has to be', async () => {
    const { ctx, text } = await source.saved(600);
    let batches = 0;
    const remove = target.store.onAppend(async (_events, tx) => {
      batches += 1;
      if (batches === 2) await tx.query(`do $$ begin raise exception 'lost' using errcode = '40001'; end $$`);
    });
    expect(await target.import(ctx, text)).toMatchObject({ events: 601 });
    remove();
    expect(batches).toBe(4);
    expect(await countIn(ctx.tenantId)).toBe(601);
  });

  it('is seen by readers of the log as a whole, and wakes them', async () => {
    const { ctx, text } = await source.saved(1_000);
    const seen = new Set<number>();
    const remove = target.store.onAppend(async () => {
      seen.add(
        (await target.db.admin('select 1 from acci.events where tenant_id = $1', [ctx.tenantId])).length,
      );
    });
    const woken = new Promise<void>((resolve) => {
      target.store.onCommitted(resolve);
    });
    await target.import(ctx, text);
    remove();
    await woken;
    expect([...seen]).toEqual([0]);
    expect(await countIn(ctx.tenantId)).toBe(1_001);
  });
});

it('tags are made again', async () => {
  const ctx = testContext();
  const seat = new Seat('seat-1');
  seat.take('maths', 'ada');
  seat.take('physics', 'ada');
  await source.store.save(ctx, seat);
  await target.import(ctx, await source.export(ctx));
  for (const [tags, versions] of [
    [[tag('student', 'ada')], [1, 2]],
    [[tag('course', 'physics')], [2]],
    [[tag('course', 'chemistry')], []],
  ] as const) {
    const { events } = await target.store.query(ctx, { tags: [...tags] });
    expect(events.map(({ version }) => version)).toEqual(versions);
  }
});

it('archived streams are exported, wherever their events stand, and archived again', async () => {
  const ctx = testContext();
  const owners = [source, target].map(({ db }) => new OwnerDatabase(db.urls.owner));
  const move = ({ db }: Branch, owner: OwnerDatabase | undefined): Promise<number> =>
    moveArchived(new StreamArchiver(db.database, owner as OwnerDatabase), db.database);
  for (const id of ['moved', 'waiting', 'open']) {
    const account = Account.open(id, id);
    account.deposit(1);
    await source.store.save(ctx, account);
  }
  await source.store.archive(ctx, Account, 'moved');
  await move(source, owners[0]);
  await source.store.archive(ctx, Account, 'waiting');
  expect(
    await source.db.admin('select stream_id, version from acci.archived_events order by version'),
  ).toEqual([
    { stream_id: 'moved', version: 1 },
    { stream_id: 'moved', version: 2 },
  ]);

  await target.import(ctx, await source.export(ctx));
  for (const archived of [false, true]) {
    const events = await target.store.readAll(undefined, 100, { tenantId: ctx.tenantId, unsettled: true });
    expect(events.map(({ streamId, version }) => [streamId, version])).toEqual([
      ['moved', 1],
      ['moved', 2],
      ['waiting', 1],
      ['waiting', 2],
      ['open', 1],
      ['open', 2],
      ['moved', 3],
      ['waiting', 3],
    ]);
    await expect(
      target.store.update(ctx, Account, 'moved', (account) => account.deposit(1)),
    ).rejects.toMatchObject({
      code: 'event_store.stream.archived',
    });
    if (!archived) expect(await move(target, owners[1])).toBe(4);
  }
  await Promise.all(owners.map((owner) => owner.close()));
});
