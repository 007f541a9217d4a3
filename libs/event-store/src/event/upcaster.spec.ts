import { z } from 'zod';
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
import { Account, AccountOpened } from '../fixtures/account.js';
import { Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import { EventOutdated, RegistrationError, UnknownEventVersion } from '../event-store.errors.js';
import { defineEvent, type EventDefinition } from './event-definition.js';
import { EventRegistry } from './event-registry.js';
import { upcast, type Upcaster } from './upcaster.js';

const schema = z.object({ note: z.string() });
const version = <const V extends number>(number: V) =>
  defineEvent({ type: 'test.job.done', version: number, schema });
const [V1, V2, V3] = [version(1), version(2), version(3)];
const Other = defineEvent({ type: 'test.job.other', version: 1, schema });
const same = ({ note }: { note: string }) => ({ note });

function declared(events: readonly EventDefinition[], upcasters: readonly unknown[]): AggregateClass {
  class Job extends Aggregate {
    static readonly streamType = 'test.job';
    static readonly events = events;
    static readonly upcasters = upcasters as readonly Upcaster[];
    protected apply(): void {}
  }
  return Job;
}

function registryWith(...aggregates: readonly AggregateClass[]): EventRegistry {
  const registry = new EventRegistry();
  for (const aggregate of aggregates) registry.register(aggregate);
  return registry;
}

describe('upcast', () => {
  it('is typed by the schemas of both sides', () => {
    upcast(InvoiceSentV1).to(InvoiceSentV2, ({ cents }) => ({ cents, currency: 'EUR' }));
    // @ts-expect-error -- the target needs a currency
    upcast(InvoiceSentV1).to(InvoiceSentV2, ({ cents }) => ({ cents }));
    // @ts-expect-error -- version 1 has no currency
    upcast(InvoiceSentV1).to(InvoiceSentV2, ({ cents, currency }) => ({ cents, currency }));
    // @ts-expect-error -- what it may become is listed
    upcast(InvoiceSettled).into([InvoicePaid], () => [InvoiceReduced.of({ cents: 1 })]);
    expect(upcast(InvoiceSettled).into([InvoicePaid, InvoiceReduced], () => [])).toMatchObject({
      from: InvoiceSettled,
      targets: [InvoicePaid, InvoiceReduced],
    });
  });
});

describe('a registry with upcasters', () => {
  const registry = registryWith(Account, Invoice);

  it('lets current events be recorded, and the others be read alone', () => {
    const stream = registry.eventsOf(Invoice);
    expect(stream.definition('shop.invoice.sent', 3)).toBe(InvoiceSent);
    expect(() => stream.definition('shop.invoice.sent', 1)).toThrow(EventOutdated);
    expect(stream.known('shop.invoice.sent', 1).definition).toBe(InvoiceSentV1);
    expect(() => stream.known('shop.invoice.sent', 4)).toThrow(UnknownEventVersion);
    expect(registry.definitions()).toEqual([...Account.events, ...Invoice.events]);
  });

  it('finds what is known of any event', () => {
    expect(registry.find('shop.invoice.viewed', 1)).toMatchObject({ definition: InvoiceViewed });
    expect(registry.find('shop.invoice.paid', 1)).toEqual({ definition: InvoicePaid, upcaster: undefined });
    expect(registry.find('shop.parcel.lost', 1)).toBeUndefined();
    expect(() => registry.find('shop.invoice.paid', 2)).toThrow(UnknownEventVersion);
  });

  it('knows under which types an event may be stored', () => {
    expect(registry.sourcesOf(['bank.account.opened'])).toEqual(['bank.account.opened']);
    expect(registry.sourcesOf([InvoiceSent.type])).toEqual([InvoiceSent.type]);
    expect(registry.sourcesOf([InvoicePaid.type]).toSorted()).toEqual(
      [InvoicePaid.type, MoneyReceived.type, InvoiceSettled.type].toSorted(),
    );
    expect(registry.sourcesOf([])).toEqual([]);
    // Whatever the order in which the steps are listed.
    const steps = [upcast(MoneyReceived).to(Other, () => ({ note: '' })), upcast(Other).to(V1, same)];
    for (const upcasters of [steps, steps.toReversed()]) {
      const sources = registryWith(declared([V1], upcasters)).sourcesOf([V1.type]);
      expect(sources.toSorted()).toEqual([V1.type, Other.type, MoneyReceived.type].toSorted());
    }
  });

  it('describes every event', () => {
    const described = registry.describe().filter(({ streamType }) => streamType === 'shop.invoice');
    expect(described).toHaveLength(8);
    expect(described.find(({ type, version }) => type === InvoiceSent.type && version === 3)).toEqual({
      type: 'shop.invoice.sent',
      version: 3,
      current: true,
      schema: expect.objectContaining({ type: 'object', required: ['total'] }),
      personal: [],
      streamType: 'shop.invoice',
      producedBy: ['shop.invoice'],
      upcastsTo: [],
    });
    expect(described.find(({ type }) => type === InvoiceSettled.type)).toMatchObject({
      current: false,
      producedBy: [],
      upcastsTo: [
        { type: 'shop.invoice.paid', version: 1 },
        { type: 'shop.invoice.reduced', version: 1 },
      ],
    });
    expect(described.find(({ type }) => type === InvoiceViewed.type)).toMatchObject({
      current: false,
      upcastsTo: [],
    });
  });

  it.each([
    [
      'an upcaster from a current version',
      declared([V1], [upcast(V1).drop()]),
      /test\.job\.done of Job is listed twice in version 1: as event and upcaster/,
    ],
    [
      'two upcasters from one version',
      declared([V2], [upcast(V1).to(V2, same), upcast(V1).drop()]),
      /test\.job\.done of Job is listed twice in version 1: as upcaster and upcaster/,
    ],
    [
      'a circle',
      declared([V3], [upcast(V1).to(V2, same), upcast(V2).to(V1, same)]),
      /Job upcasts in a circle: test\.job\.done version 1 → test\.job\.done version 2 → test\.job\.done version 1/,
    ],
    ['an event that becomes itself', declared([V2], [upcast(V1).to(V1, same)]), /in a circle/],
    [
      'a target that is not listed',
      declared([V2], [upcast(V1).to(Other, same)]),
      /Job upcasts test\.job\.done version 1 to test\.job\.other version 1, which is neither listed/,
    ],
    [
      'one of several targets that is not listed',
      declared([V2], [upcast(V1).into([V2, Other], () => [])]),
      /to test\.job\.other version 1, which is neither listed/,
    ],
    [
      "another aggregate's event as a target",
      declared([V2], [upcast(V1).to(AccountOpened, ({ note }) => ({ name: note }))]),
      /to bank\.account\.opened version 1, which is neither listed/,
    ],
    [
      "another aggregate's event as a source",
      declared([V1], [upcast(AccountOpened).drop()]),
      /belongs to Account already/,
    ],
    [
      'a version that was left out',
      declared([V3], [upcast(V1).to(V3, same)]),
      /Job lists test\.job\.done version 3 but no upcaster from version 2/,
    ],
    ['a first version that is gone', declared([V2], []), /version 2 but no upcaster from version 1/],
    [
      'a source that is undefined, as a require cycle leaves it',
      declared([V1], [upcast(undefined as unknown as typeof V1).drop()]),
      /needs a type/,
    ],
    [
      'a target that is undefined',
      declared([V2], [{ from: V1, targets: [undefined], apply: () => [] }]),
      /neither listed/,
    ],
  ])('refuses %s', (_, aggregate, message) => {
    const register = () => registryWith(Account, aggregate);
    expect(register).toThrow(RegistrationError);
    expect(register).toThrow(message);
  });
});
