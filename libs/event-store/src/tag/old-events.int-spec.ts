import { OwnerDatabase, uuidv7 } from '@acci/database';
import { z } from 'zod';
import { bankStore, useBank } from '../fixtures/bank.js';
import {
  Aggregate,
  ConsistencyViolated,
  defineEvent,
  StreamArchiver,
  tag,
  upcast,
  type DomainEvent,
  type QueryPosition,
} from '../index.js';
import { moveArchived } from '../testing/move-archived.js';

const schema = z.object({ room: z.string() });
const tags = ({ room }: z.infer<typeof schema>) => [tag('room', room)];
const Reserved = defineEvent({ type: 'house.room.reserved', version: 1, schema, tags });
const Viewed = defineEvent({ type: 'house.room.viewed', version: 1, schema, tags });
const Booked = defineEvent({
  type: 'house.room.booked',
  version: 1,
  schema: z.object({ room: z.string(), nights: z.int() }),
  tags,
});

/** What an earlier release recorded. */
class OldBooking extends Aggregate {
  static readonly streamType = 'house.booking';
  static readonly events = [Reserved, Viewed];

  static of(...events: readonly DomainEvent[]): OldBooking {
    const booking = new OldBooking(uuidv7());
    for (const event of events) booking.record(event);
    return booking;
  }

  protected apply(): void {}
}

class Booking extends Aggregate {
  static readonly streamType = 'house.booking';
  static readonly events = [Booked];
  static readonly upcasters = [
    upcast(Reserved).to(Booked, ({ room }) => ({ room, nights: 1 })),
    upcast(Viewed).drop(),
  ];

  static make(room: string): Booking {
    const booking = new Booking(uuidv7());
    booking.record(Booked.of({ room, nights: 2 }));
    return booking;
  }

  protected apply(): void {}
}

const bank = useBank([OldBooking]);
const { ctx } = bank;
const store = () => bankStore(bank.db.database, [Booking]);
const about = (room: string) => ({ tags: [tag('room', room)] });

describe('events of earlier releases', () => {
  it('are found by the types that they are read as', async () => {
    const room = uuidv7();
    await bank.store.save(ctx, OldBooking.of(Viewed.of({ room }), Reserved.of({ room })));
    await store().save(ctx, Booking.make(room));
    const { events } = await store().query(ctx, { ...about(room), types: [Booked.type] });
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      [Booked.type, { room, nights: 1 }],
      [Booked.type, { room, nights: 2 }],
    ]);
  });

  it('violate a condition by those types, and count as known once they were read, also where they mean nothing', async () => {
    const room = uuidv7();
    const unless = { ...about(room), types: [Booked.type], after: undefined };
    await bank.store.save(ctx, OldBooking.of(Viewed.of({ room })));
    await store().save(ctx, Booking.make(uuidv7()), { unless });
    await bank.store.save(ctx, OldBooking.of(Reserved.of({ room })));
    await expect(store().save(ctx, Booking.make(room), { unless })).rejects.toThrow(ConsistencyViolated);

    const viewed = uuidv7();
    await bank.store.save(ctx, OldBooking.of(Viewed.of({ room: viewed })));
    const { events, position } = await store().query(ctx, about(viewed));
    expect(events).toEqual([]);
    await store().save(ctx, Booking.make(viewed), { unless: { ...about(viewed), after: position } });
  });

  it('that are dropped do not lead a page on behind what it did not return', async () => {
    const room = uuidv7();
    const events = [Reserved, Viewed, Viewed, Reserved, Reserved, Reserved].map((made) => made.of({ room }));
    await bank.store.save(ctx, OldBooking.of(...events));
    const found: number[] = [];
    for (let after: QueryPosition | undefined, more = true; more;) {
      const page = await store().query(ctx, about(room), { after, limit: 2 });
      found.push(...page.events.map(({ version }) => version));
      after = page.position;
      more = page.events.length >= 2;
    }
    expect(found).toEqual([1, 4, 5, 6]);
  });
});

describe('events of archived streams', () => {
  it('are found by tag, by cause and by replay, in their place, and count for conditions', async () => {
    const room = uuidv7();
    const cause = { correlationId: uuidv7() };
    const request = { ...ctx, ...cause };
    const old = OldBooking.of(Viewed.of({ room }), Reserved.of({ room }));
    await bank.store.save(request, old);
    const known = await bank.store.query(ctx, about(room));
    await bank.store.save(request, OldBooking.of(Reserved.of({ room })));
    const before = {
      query: (await bank.store.query(ctx, about(room))).events,
      caused: await bank.store.caused(ctx, cause),
    };
    expect(before.query).toHaveLength(3);

    await bank.store.archive(ctx, OldBooking, old.id);
    const owner = new OwnerDatabase(bank.db.urls.owner);
    await moveArchived(new StreamArchiver(bank.db.database, owner), bank.db.database);
    await owner.close();
    const left = await bank.db.admin('select type from acci.events where stream_id = $1', [old.id]);
    expect(left).toEqual([{ type: 'acci.stream.archived' }]);

    expect((await bank.store.query(ctx, about(room))).events).toEqual(before.query);
    expect(await bank.store.caused(ctx, cause)).toEqual(before.caused);
    const replayed: string[] = [];
    const stream = { type: OldBooking.streamType, id: old.id };
    await bank.store.replay({ tenantId: ctx.tenantId, stream }, (events) => {
      replayed.push(...events.map(({ type }) => type));
    });
    expect(replayed).toEqual([Viewed.type, Reserved.type, 'acci.stream.archived']);

    const save = (after: typeof known.position) =>
      bank.store.save(ctx, OldBooking.of(Reserved.of({ room })), { unless: { ...about(room), after } });
    await expect(save(undefined)).rejects.toThrow(ConsistencyViolated);
    await expect(save(known.position)).rejects.toThrow(ConsistencyViolated);
  });
});
