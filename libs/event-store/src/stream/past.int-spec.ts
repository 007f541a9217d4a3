import { uuidv7 } from '@acci/database';
import { z } from 'zod';
import { bankStore, useBank } from '../fixtures/bank.js';
import { Savings } from '../fixtures/savings.js';
import {
  Aggregate,
  defineEvent,
  StreamConflict,
  StreamNotFound,
  unhandledEvent,
  upcast,
  VersionNotFound,
  type EventOf,
} from '../index.js';
import { testContext } from '../testing/context.js';

const bank = useBank([Savings]);
const { ctx } = bank;

/** A stream with a balance of 0, 1, 3, 6, 10, …, its snapshots taken on the way. */
async function open(versions: number): Promise<string> {
  const savings = Savings.open(uuidv7());
  for (let amount = 1; amount < versions; amount += 1) {
    savings.payIn(amount);
    await bank.store.save(ctx, savings);
  }
  await bank.store.flushSnapshots();
  return savings.id;
}

describe('load', () => {
  it('at a version gives the state that it had then', async () => {
    const id = await open(25);
    for (const version of [1, 2, 10, 11, 24, 25]) {
      const savings = await bank.store.load(ctx, Savings, id, { version });
      expect(savings.version).toBe(version);
      expect(savings.summary.balance).toBe((version * (version - 1)) / 2);
    }
  });

  it.each([0, -1, 1.5, Number.NaN, 26, 2 ** 31, 2 ** 53])(
    'at version %d, which is none, fails',
    async (version) => {
      const id = await open(3);
      await expect(bank.store.load(ctx, Savings, id, { version })).rejects.toThrow(VersionNotFound);
    },
  );

  it('at a time gives what was recorded by then', async () => {
    const id = await open(3);
    const events = await bank.store.readStream(ctx, Savings.streamType, id);
    // Two processes whose clocks differ: version 4 was recorded an hour "before" version 3.
    const recorded = ['2024-01-01T10:00:00Z', '2024-01-01T11:00:00Z', '2024-01-01T13:00:00Z'];
    await bank.db.admin('alter table acci.events disable trigger append_only');
    for (const [index, at] of recorded.entries())
      await bank.db.admin('update acci.events set recorded_at = $2 where event_id = $1', [
        events[index]?.id,
        at,
      ]);
    await bank.store.update(ctx, Savings, id, (savings) => savings.payIn(4));
    await bank.db.admin(
      `update acci.events set recorded_at = '2024-01-01T12:00:00Z' where stream_id = $1 and version = 4`,
      [id],
    );
    await bank.db.admin('alter table acci.events enable always trigger append_only');

    const versionAt = async (time: string): Promise<number> =>
      (await bank.store.load(ctx, Savings, id, { at: new Date(`2024-01-01T${time}Z`) })).version;
    await expect(versionAt('09:59:59.999')).rejects.toThrow(StreamNotFound);
    expect(await versionAt('10:00:00')).toBe(1);
    expect(await versionAt('10:59:59.999')).toBe(1);
    expect(await versionAt('11:00:00')).toBe(2);
    expect(await versionAt('12:30:00')).toBe(2);
    expect(await versionAt('13:00:00')).toBe(4);
    const both = await bank.store.load(ctx, Savings, id, {
      version: 3,
      at: new Date('2024-01-01T11:30:00Z'),
    });
    expect(both.version).toBe(2);
  });

  it('of the past cannot be saved over what happened since', async () => {
    const id = await open(3);
    const savings = await bank.store.load(ctx, Savings, id, { version: 2 });
    savings.payIn(100);
    await expect(bank.store.save(ctx, savings)).rejects.toThrow(StreamConflict);
  });

  it('of the past sees no other tenant’s', async () => {
    const id = await open(3);
    await expect(bank.store.load(testContext(), Savings, id, { version: 1 })).rejects.toThrow(StreamNotFound);
  });
});

const Noted = defineEvent({ type: 'bank.note.noted', version: 1, schema: z.object({ text: z.string() }) });
const BothNoted = defineEvent({
  type: 'bank.note.both_noted',
  version: 1,
  schema: z.object({ texts: z.array(z.string()) }),
});

class OldNote extends Aggregate<EventOf<typeof BothNoted>> {
  static readonly streamType = 'bank.note';
  static readonly events = [BothNoted];

  note(...texts: string[]): void {
    this.record(BothNoted.of({ texts }));
  }

  protected apply(): void {}
}

class Note extends Aggregate<EventOf<typeof Noted>> {
  static readonly streamType = 'bank.note';
  static readonly events = [Noted];
  static readonly upcasters = [
    upcast(BothNoted).into([Noted], ({ texts }) => texts.map((text) => Noted.of({ text }))),
  ];

  protected apply(event: EventOf<typeof Noted>): void {
    if (event.type !== 'bank.note.noted') unhandledEvent(event.type);
  }
}

describe('readStream', () => {
  it('goes backwards, from the end or from a version', async () => {
    const id = await open(5);
    const versions = async (fromVersion?: number, limit?: number): Promise<number[]> =>
      (
        await bank.store.readStream(ctx, Savings.streamType, id, {
          direction: 'backwards',
          ...(fromVersion !== undefined && { fromVersion }),
          ...(limit !== undefined && { limit }),
        })
      ).map(({ version }) => version);
    expect(await versions()).toEqual([5, 4, 3, 2, 1]);
    expect(await versions(3)).toEqual([3, 2, 1]);
    expect(await versions(undefined, 2)).toEqual([5, 4]);
    expect(await versions(3, 2)).toEqual([3, 2]);
    expect(await versions(0)).toEqual([]);
    const forwards = await bank.store.readStream(ctx, Savings.streamType, id);
    const backwards = await bank.store.readStream(ctx, Savings.streamType, id, { direction: 'backwards' });
    expect(backwards.toReversed()).toEqual(forwards);
  });

  it('turns round what one stored event is read as, and never tears it apart', async () => {
    const note = new OldNote(uuidv7());
    for (const texts of [['a', 'b'], ['c'], [], ['d', 'e', 'f']]) note.note(...texts);
    await bankStore(bank.db.database, [OldNote]).save(ctx, note);
    const store = bankStore(bank.db.database, [Note]);
    const texts = async (limit: number, fromVersion?: number): Promise<string> =>
      (
        await store.readStream(ctx, Note.streamType, note.id, {
          direction: 'backwards',
          limit,
          ...(fromVersion !== undefined && { fromVersion }),
        })
      )
        .map(({ data, part = 0 }) => `${(data as { text: string }).text}${part}`)
        .join(' ');
    expect(await texts(10)).toBe('f2 e1 d0 c0 b1 a0');
    expect(await texts(1)).toBe('f2 e1 d0');
    expect(await texts(2, 3)).toBe('c0 b1 a0');
    const raw = await store.readStream(ctx, Note.streamType, note.id, { direction: 'backwards', raw: true });
    expect(raw.map(({ type, version }) => [type, version])).toEqual(
      [4, 3, 2, 1].map((version) => ['bank.note.both_noted', version]),
    );
  });
});
