import { Socket } from 'node:net';
import { spyOn } from 'jest-mock';
import { uuidv7 } from '@acci/database';
import { Account, NameTaken } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { Course, Enrolment } from '../fixtures/examples/courses.js';
import { EventInvalid, StreamConflict, StreamsConflict, tag } from '../index.js';
import { testContext } from '../testing/context.js';

const bank = useBank([Account, Course, Enrolment]);
const { ctx } = bank;

/** Two accounts, and what was recorded on them but not saved: money went from one to the other. */
async function transfer(): Promise<[Account, Account]> {
  const [from, to] = [await bank.open(), await bank.open()];
  from.deposit(1, 'out');
  to.deposit(1, 'in');
  to.deposit(2, 'bonus');
  return [from, to];
}

describe('saving several aggregates', () => {
  it('appends to all of them at once, in the order given, and says where', async () => {
    const [from, to] = await transfer();
    const idle = await bank.open();
    const results = await bank.store.saveAll(ctx, [from, idle, to]);
    const last = async (id: string) =>
      (await bank.store.readStream(ctx, Account.streamType, id)).at(-1)?.position;
    expect(results).toEqual([
      { streamId: from.id, version: 2, position: await last(from.id) },
      { streamId: idle.id, version: 1, position: undefined },
      { streamId: to.id, version: 3, position: await last(to.id) },
    ]);
    expect([from.version, idle.version, to.version]).toEqual([2, 1, 3]);
    const log = await bank.store.readAll(undefined, 1_000, { tenantId: ctx.tenantId });
    expect(log.slice(-3).map(({ streamId, version }) => [streamId, version])).toEqual([
      [from.id, 2],
      [to.id, 2],
      [to.id, 3],
    ]);
    expect(new Set(log.slice(-3).map(({ position }) => position.transaction)).size).toBe(1);
    expect(await bank.store.saveAll(ctx, [])).toEqual([]);
    // What was saved is saved: an aggregate goes on from there.
    from.deposit(5);
    expect((await bank.store.save(ctx, from)).version).toBe(3);
  });

  it('costs one round trip, with claims, tags, condition and hooks', async () => {
    const remove = bank.store.onAppend((_events, tx) => void tx.execute('select 1'));
    const [from] = await transfer();
    from.rename(uuidv7());
    const course = Course.offer(uuidv7(), 1);
    const write = spyOn(Socket.prototype, 'write');
    try {
      const unless = { tags: [tag('course', course.id)], after: undefined };
      await bank.store.saveAll(ctx, [from, course], { unless });
      expect(write).toHaveBeenCalledTimes(1);
    } finally {
      write.mockRestore();
      remove();
    }
  });

  it('keeps nothing of any of them if one stream has changed, and names them', async () => {
    const [from, to] = await transfer();
    await bank.store.update(ctx, Account, to.id, (account) => account.deposit(9));
    const before = await bank.eventCount();
    const refused = bank.store.saveAll(ctx, [from, to]);
    await expect(refused).rejects.toThrow(StreamsConflict);
    await expect(refused).rejects.toThrow(StreamConflict);
    await expect(refused).rejects.toMatchObject({ code: 'event_store.stream.conflict', kind: 'conflict' });
    await expect(refused).rejects.toThrow(new RegExp(`${from.id}.*${to.id}`));
    expect(await bank.eventCount()).toBe(before);
    expect([from.version, to.version]).toEqual([1, 1]);
    await expect(bank.store.saveAll(ctx, [to])).rejects.toThrow(
      new StreamConflict('bank.account', to.id, 1).message,
    );
  });

  it('checks all of them before it appends any', async () => {
    const [from, to] = await transfer();
    to.deposit(-1);
    const before = await bank.eventCount();
    await expect(bank.store.saveAll(ctx, [from, to])).rejects.toThrow(EventInvalid);
    await expect(bank.store.saveAll(ctx, [from, from])).rejects.toThrow(RangeError);
    expect(await bank.eventCount()).toBe(before);
  });

  it('lets one stream take the name that another one gives back, and none take what is held', async () => {
    const name = uuidv7();
    const [one, two] = [await bank.open(ctx, name), await bank.open()];
    one.rename(uuidv7());
    two.rename(name);
    await bank.store.saveAll(ctx, [two, one]);
    expect(await bank.store.load(ctx, Account, two.id)).toMatchObject({ name });

    const three = await bank.open();
    three.deposit(1);
    const four = await bank.open();
    four.rename(uuidv7());
    four.rename(name);
    await expect(bank.store.saveAll(ctx, [three, four])).rejects.toThrow(NameTaken);
    const wanted = uuidv7();
    const both = [Account.open(uuidv7(), wanted), Account.open(uuidv7(), wanted)];
    await expect(bank.store.saveAll(ctx, both)).rejects.toThrow(NameTaken);
  });

  it('tells hooks of all that is appended', async () => {
    const seen: string[] = [];
    const remove = bank.store.onAppend((events) => {
      seen.push(...events.map(({ streamId, version }) => `${streamId} ${version}`));
    });
    const [from, to] = await transfer();
    seen.length = 0;
    await bank.store.saveAll(ctx, [from, to]);
    remove();
    expect(seen).toEqual([`${from.id} 2`, `${to.id} 2`, `${to.id} 3`]);
  });

  it('joins a transaction, and keeps the order of its streams in the log', async () => {
    const [from, to] = await transfer();
    let tries = 0;
    const begun = Promise.withResolvers<void>();
    const meanwhile = begun.promise.then(() =>
      bank.store.update(ctx, Account, to.id, (account) => account.deposit(7)),
    );
    await bank.db.database.inTenant(ctx.tenantId, async () => {
      tries += 1;
      await bank.open();
      if (tries === 1) begun.resolve();
      if (tries === 1) await meanwhile;
      const both = [await bank.store.load(ctx, Account, from.id), await bank.store.load(ctx, Account, to.id)];
      for (const account of both) account.deposit(1);
      await bank.store.saveAll(ctx, both);
    });
    expect(tries).toBe(2);
    const log = await bank.store.readAll(undefined, 1_000, { tenantId: ctx.tenantId });
    expect(log.filter(({ streamId }) => streamId === to.id).map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('stays within the tenant', async () => {
    const [from, to] = await transfer();
    const other = testContext();
    // There, these streams have no first event that a second one could follow.
    await expect(bank.store.saveAll(other, [from, to])).rejects.toThrow(StreamsConflict);
    await bank.store.saveAll(other, [Account.open(from.id, 'ada'), Account.open(to.id, 'eve')]);
    expect(await bank.store.readStream(ctx, Account.streamType, from.id)).toHaveLength(1);
    await bank.store.saveAll(ctx, [from, to]);
  });

  it('crosswise at the same time is done or refused as a whole, and never a deadlock', async () => {
    const [left, right] = [await bank.open(), await bank.open()];
    const names = Array.from({ length: 20 }, () => uuidv7());
    const outcomes = await Promise.allSettled(
      names.map(async (_, index) => {
        const pair = [
          await bank.store.load(ctx, Account, left.id),
          await bank.store.load(ctx, Account, right.id),
        ];
        for (const account of pair) account.deposit(index + 1);
        return bank.store.saveAll(ctx, index % 2 ? pair : pair.toReversed());
      }),
    );
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    for (const { reason } of refused) expect(reason).toBeInstanceOf(StreamConflict);
    expect(done).toBeGreaterThan(0);
    for (const { id } of [left, right]) {
      expect(await bank.store.load(ctx, Account, id)).toMatchObject({ version: 1 + done });
    }
  });
});
