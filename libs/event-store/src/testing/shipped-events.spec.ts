import { AssertionError } from 'node:assert/strict';
import { Invoice, InvoicePaid, InvoiceSentV1 } from '../fixtures/examples/invoice.js';
import { Aggregate, UnknownEventVersion, upcast } from '../index.js';
import { expectShippedEvents, type ShippedStream } from './shipped-events.js';

const settled: ShippedStream = {
  name: '2.0',
  events: [
    { type: 'shop.invoice.sent', version: 2, data: { cents: 9, currency: 'USD' } },
    { type: 'shop.invoice.viewed', version: 1, data: {} },
    { type: 'shop.invoice.money_received', version: 1, data: { cents: 1 } },
    { type: 'shop.invoice.settled', version: 1, data: { paid: 2, waived: 3 } },
  ],
  state: { currency: 'USD', open: 3 },
};
const first: ShippedStream = {
  name: '1.0',
  events: [{ type: 'shop.invoice.sent', version: 1, data: { cents: 7 } }],
  state: { currency: 'EUR', open: 7 },
};
const latest: ShippedStream = {
  name: '2.1',
  events: [
    { type: 'shop.invoice.sent', version: 3, data: { total: { cents: 9, currency: 'EUR' } } },
    { type: 'shop.invoice.paid', version: 1, data: { cents: 4 } },
    { type: 'shop.invoice.reduced', version: 1, data: { cents: 5 } },
  ],
  state: { currency: 'EUR', open: 0 },
};

describe('expectShippedEvents', () => {
  it('passes while whatever was shipped leads to the same state', async () => {
    await expect(expectShippedEvents(Invoice, [first, settled, latest])).resolves.toBeUndefined();
    const due = [
      { ...first, state: 7 },
      { ...settled, state: 3 },
      { ...latest, state: 0 },
    ];
    await expect(expectShippedEvents(Invoice, due, ({ open }) => open)).resolves.toBeUndefined();
  });

  it.each([
    ['a version that no stream has', [first, latest], /Every version of every event must be in some stream/],
    [
      'another state',
      [{ ...first, state: { currency: 'EUR', open: 8 } }, settled, latest],
      /1\.0 must replay/,
    ],
    [
      'data that does not fit its version',
      [{ ...first, events: [{ type: 'shop.invoice.sent', version: 1, data: {} }] }, settled, latest],
      /shop\.invoice\.sent@1 of 1\.0 must fit its schema/,
    ],
    [
      'data that the store would not have kept',
      [
        { ...first, events: [{ type: 'shop.invoice.sent', version: 1, data: { cents: 7, more: 1 } }] },
        settled,
        latest,
      ],
      /shop\.invoice\.sent@1 of 1\.0 must fit its schema/,
    ],
  ])('fails for %s', async (_, streams, message) => {
    const passing = expectShippedEvents(Invoice, streams);
    await expect(passing).rejects.toThrow(AssertionError);
    await expect(passing).rejects.toThrow(message);
  });

  it('fails for an upcaster whose result does not fit', async () => {
    class Careless extends Aggregate {
      static readonly streamType = 'shop.invoice';
      static readonly events = [InvoicePaid];
      static readonly upcasters = [upcast(InvoiceSentV1).to(InvoicePaid, () => ({ cents: -1 }))];
      protected apply(): void {}
    }
    const streams = [
      first,
      { ...first, events: [{ type: 'shop.invoice.paid', version: 1, data: { cents: 1 } }] },
    ];
    await expect(expectShippedEvents(Careless, streams)).rejects.toThrow(
      /shop\.invoice\.paid@1 of 1\.0 must fit/,
    );
  });

  it('fails for an event that the aggregate has forgotten', async () => {
    const forgotten = { ...latest, events: [{ type: 'shop.invoice.sent', version: 4, data: {} }] };
    await expect(expectShippedEvents(Invoice, [first, settled, latest, forgotten])).rejects.toThrow(
      UnknownEventVersion,
    );
  });
});
