import { tracingChannel } from 'node:diagnostics_channel';
import { uuidv7 } from '@acci/database';
import {
  Invoice,
  InvoicePaid,
  InvoiceReduced,
  InvoiceSent,
  InvoiceSentV1,
  InvoiceSentV2,
  InvoiceSettled,
  InvoiceViewed,
  MoneyReceived,
} from '../fixtures/examples/invoice.js';
import { bankStore, useBank } from '../fixtures/bank.js';
import { OldInvoice } from '../fixtures/old-invoice.js';
import {
  Aggregate,
  EventOutdated,
  upcast,
  UnknownEventVersion,
  UpcastFailed,
  type Context,
  type DomainEvent,
  type EventStore,
  type RecordedEvent,
} from '../index.js';
import { testContext } from '../testing/context.js';

/** The stream of a long life: 1,000 cents sent in 1.0, 100 + 200 received, 300 paid and 50 waived at once. */
const history = [
  InvoiceSentV1.of({ cents: 1_000 }),
  InvoiceViewed.of({}),
  MoneyReceived.of({ cents: 100 }),
  InvoicePaid.of({ cents: 200 }),
  InvoiceSettled.of({ paid: 300, waived: 50 }),
  InvoiceViewed.of({}),
];

const old = useBank([OldInvoice]);
let store: EventStore;
beforeAll(() => {
  store = bankStore(old.db.database, [Invoice]);
});

async function stored(ctx: Context, ...events: readonly DomainEvent[]): Promise<string> {
  const { streamId } = await old.store.save(ctx, OldInvoice.of(uuidv7(), ...events));
  return streamId;
}

const told = (events: readonly RecordedEvent[]) =>
  events.map(({ version, type, schemaVersion, part, data }) => [version, type, schemaVersion, part, data]);

const read = [
  [1, 'shop.invoice.sent', 3, undefined, { total: { cents: 1_000, currency: 'EUR' } }],
  [3, 'shop.invoice.paid', 1, undefined, { cents: 100 }],
  [4, 'shop.invoice.paid', 1, undefined, { cents: 200 }],
  [5, 'shop.invoice.paid', 1, undefined, { cents: 300 }],
  [5, 'shop.invoice.reduced', 1, 1, { cents: 50 }],
];

describe('loading a stream of older releases', () => {
  it('applies the events of today, and counts those that are stored', async () => {
    const ctx = testContext();
    const id = await stored(ctx, ...history);
    expect(await store.load(ctx, Invoice, id)).toMatchObject({ version: 6, currency: 'EUR', open: 350 });
    const second = await stored(ctx, InvoiceSentV2.of({ cents: 5, currency: 'USD' }));
    expect(await store.load(ctx, Invoice, second)).toMatchObject({ version: 1, currency: 'USD', open: 5 });
  });

  it('goes on where the stream ends', async () => {
    const ctx = testContext();
    const id = await stored(ctx, ...history);
    expect(await store.update(ctx, Invoice, id, (invoice) => invoice.pay(350))).toMatchObject({ version: 7 });
    expect(await store.load(ctx, Invoice, id)).toMatchObject({ version: 7, open: 0 });
  });

  it('finds a stream of which nothing is read any more', async () => {
    const ctx = testContext();
    const id = await stored(ctx, InvoiceViewed.of({}));
    expect(await store.load(ctx, Invoice, id)).toMatchObject({ version: 1, open: 0 });
  });

  it('tells an upcaster where the event stands, and nothing that a load does not know', async () => {
    const ctx = testContext();
    const id = await stored(ctx, InvoiceViewed.of({}), MoneyReceived.of({ cents: 1 }));
    const places: unknown[] = [];
    const curious = bankStore(old.db.database, [
      class extends Aggregate {
        static readonly streamType = 'shop.invoice';
        static readonly events = [InvoicePaid];
        static readonly upcasters = [
          upcast(InvoiceViewed).drop(),
          upcast(MoneyReceived).to(InvoicePaid, (data, place) => {
            places.push(place);
            return data;
          }),
        ];
        protected apply(): void {}
      },
    ]);
    const types = [InvoicePaid.type];
    await curious.readAll(undefined, 10, { tenantId: ctx.tenantId, types, unsettled: true });
    await curious.readStream(ctx, Invoice.streamType, id);
    const place = { tenantId: ctx.tenantId, streamType: 'shop.invoice', streamId: id, version: 2 };
    expect(places).toEqual([place, place]);
  });

  it('says which event an upcaster fails at', async () => {
    const ctx = testContext();
    const id = await stored(ctx, InvoiceViewed.of({}), MoneyReceived.of({ cents: 1 }));
    class Broken extends Aggregate {
      static readonly streamType = 'shop.invoice';
      static readonly events = [InvoicePaid];
      static readonly upcasters = [
        upcast(InvoiceViewed).drop(),
        upcast(MoneyReceived).to(InvoicePaid, () => {
          throw new RangeError('no such thing');
        }),
      ];
      protected apply(): void {}
    }
    const failed = bankStore(old.db.database, [Broken]).load(ctx, Broken, id);
    await expect(failed).rejects.toThrow(UpcastFailed);
    await expect(failed).rejects.toMatchObject({
      message: expect.stringContaining(`shop.invoice.money_received version 1 of shop.invoice ${id} at 2`),
      cause: expect.any(RangeError),
    });
  });
});

describe('recording', () => {
  it('refuses what is only read any more', async () => {
    class Forgetful extends Invoice {
      receive(): void {
        this.record(MoneyReceived.of({ cents: 1 }) as never);
      }
      protected override apply(): void {}
    }
    const invoice = new Forgetful(uuidv7());
    invoice.receive();
    const before = await old.eventCount();
    await expect(bankStore(old.db.database, [Forgetful]).save(testContext(), invoice)).rejects.toThrow(
      EventOutdated,
    );
    expect(await old.eventCount()).toBe(before);
  });
});

describe('reading a stream', () => {
  it('gives the events of today, or with raw those that are stored', async () => {
    const ctx = testContext();
    const id = await stored(ctx, ...history);
    expect(told(await store.readStream(ctx, Invoice.streamType, id))).toEqual(read);
    const raw = await store.readStream(ctx, Invoice.streamType, id, { raw: true });
    expect(raw.map(({ type, schemaVersion, data }) => ({ type, version: schemaVersion, data }))).toEqual(
      history,
    );
    expect(raw).toEqual(await old.store.readStream(ctx, Invoice.streamType, id));
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'goes on after dropped events, and never tears one apart, %i at a time',
    async (limit) => {
      const ctx = testContext();
      const id = await stored(ctx, ...history);
      const all: RecordedEvent[] = [];
      for (let more = true; more;) {
        const fromVersion = (all.at(-1)?.version ?? 0) + 1;
        const page = await store.readStream(ctx, Invoice.streamType, id, { fromVersion, limit });
        all.push(...page);
        more = page.length >= limit;
      }
      expect(told(all)).toEqual(read);
    },
  );
});

describe('reading the log', () => {
  const readLog = async (ctx: Context, limit: number, types?: string[]) => {
    const all: RecordedEvent[] = [];
    for (let more = true; more;) {
      const filter = { tenantId: ctx.tenantId, unsettled: true, ...(types && { types }) };
      const batch = await store.readAll(all.at(-1)?.position, limit, filter);
      all.push(...batch);
      more = batch.length >= limit;
    }
    return all;
  };

  it.each([1, 2, 3, 5, 100])('gives the events of today, %i at a time', async (limit) => {
    const ctx = testContext();
    await stored(ctx, ...history);
    expect(told(await readLog(ctx, limit))).toEqual(read);
    await stored(ctx, ...Array.from({ length: 7 }, () => InvoiceViewed.of({})), InvoicePaid.of({ cents: 1 }));
    expect(await readLog(ctx, limit)).toHaveLength(read.length + 1);
  });

  it('does not ask once for each event that is dropped, however few are missing', async () => {
    const ctx = testContext();
    const noise = Array.from({ length: 200 }, () => InvoiceViewed.of({}));
    const paid = Array.from({ length: 50 }, () => InvoicePaid.of({ cents: 1 }));
    await stored(ctx, ...paid.slice(1), ...noise, InvoicePaid.of({ cents: 2 }));
    let transactions = 0;
    const watcher = { start: () => (transactions += 1) };
    tracingChannel('acci:transaction').subscribe(watcher as never);
    const filter = { tenantId: ctx.tenantId, unsettled: true };
    const events = await store.readAll(undefined, 50, filter);
    tracingChannel('acci:transaction').unsubscribe(watcher as never);
    expect(events).toHaveLength(50);
    expect(events.at(-1)).toMatchObject({ version: 250, data: { cents: 2 } });
    expect(transactions).toBeLessThan(10);
  });

  it('finds by a type what is stored under another, and leaves out what else came of it', async () => {
    const ctx = testContext();
    await stored(ctx, ...history);
    const ofType = async (type: string) => told(await readLog(ctx, 2, [type]));
    expect(await ofType(InvoicePaid.type)).toEqual(read.slice(1, 4));
    expect(await ofType(InvoiceReduced.type)).toEqual(read.slice(4));
    expect(await ofType(InvoiceSent.type)).toEqual(read.slice(0, 1));
    expect(await ofType(MoneyReceived.type)).toEqual([]);
  });

  it('gives with raw what is stored, by the types that are stored', async () => {
    const ctx = testContext();
    await stored(ctx, ...history);
    const filter = { tenantId: ctx.tenantId, unsettled: true, raw: true };
    const raw = await store.readAll(undefined, 100, filter);
    expect(raw.map(({ type, schemaVersion, data }) => ({ type, version: schemaVersion, data }))).toEqual(
      history,
    );
    const received = await store.readAll(undefined, 100, { ...filter, types: [MoneyReceived.type] });
    expect(told(received)).toEqual([[3, MoneyReceived.type, 1, undefined, { cents: 100 }]]);
  });

  it('passes on what no registered aggregate lists, and stops at a version from the future', async () => {
    const ctx = testContext();
    const insert = (type: string, version: number) =>
      old.db.admin(
        `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
         values ($1, 'shop.invoice', gen_random_uuid(), 1, gen_random_uuid(), $2, $3, '{"a":1}', '{}')`,
        [ctx.tenantId, type, version],
      );
    await insert('shop.parcel.lost', 9);
    expect(told(await readLog(ctx, 10))).toEqual([[1, 'shop.parcel.lost', 9, undefined, { a: 1 }]]);
    await insert(InvoiceSent.type, 4);
    await expect(readLog(ctx, 10)).rejects.toThrow(UnknownEventVersion);
  });
});
