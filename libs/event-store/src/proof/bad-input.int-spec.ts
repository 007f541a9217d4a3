import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { z } from 'zod';
import { createTestDatabase } from '../fixtures/bank.js';
import { masterKey } from '../fixtures/registry-office.js';
import {
  Aggregate,
  claim,
  defineEvent,
  EnvironmentKey,
  EventRegistry,
  EventStore,
  personal,
  tag,
  upcast,
  type Context,
  type DomainEvent,
} from '../index.js';
import { KeyRing } from '../personal-data/key-ring.js';
import { PersonalDataCipher } from '../personal-data/personal-data-cipher.js';
import { testContext } from '../testing/context.js';

// As loose as schemas can be: what cannot be stored must not depend on them.
const schema = z.object({ amount: z.int().positive(), note: z.unknown().optional() });
const EntryMadeV1 = defineEvent({ type: 'bank.entry.made', version: 1, schema });
const EntryMade = defineEvent({ type: 'bank.entry.made', version: 2, schema });
const EntryTagged = defineEvent({
  type: 'bank.entry.tagged',
  version: 1,
  schema,
  tags: ({ amount }) => [tag('amount', String(amount))],
});
const EntryClaimed = defineEvent({
  type: 'bank.entry.claimed',
  version: 1,
  schema,
  claims: () => [claim('bank.entry', uuidv7())],
});
const EntrySealed = defineEvent({
  type: 'bank.entry.sealed',
  version: 1,
  schema: schema.extend({ note: personal(z.unknown(), { of: '$stream', forgotten: null }).optional() }),
});
type Entry = typeof EntryMade | typeof EntryTagged | typeof EntryClaimed | typeof EntrySealed;

class Ledger extends Aggregate {
  static readonly streamType = 'bank.ledger';
  static readonly events = [EntryMade, EntryTagged, EntryClaimed, EntrySealed];
  static readonly upcasters = [upcast(EntryMadeV1).to(EntryMade, (data) => data)];

  static with(...events: readonly DomainEvent[]): Ledger {
    const ledger = new Ledger(uuidv7());
    for (const event of events) ledger.record(event);
    return ledger;
  }

  protected apply(): void {}
}

let db: TestDatabase;
let ring: KeyRing;
let store: EventStore;
let ctx: Context;
beforeAll(async () => {
  db = await createTestDatabase();
  const registry = new EventRegistry();
  registry.register(Ledger);
  ring = new KeyRing(db.database, new EnvironmentKey(masterKey()));
  store = new EventStore(db.database, registry, {}, new PersonalDataCipher(ring));
});
beforeEach(() => {
  ctx = testContext();
});
afterAll(async () => {
  ring.close();
  await db.close();
});

/** How many rows each table has of the tenant. Keys do not count: they say nothing, and may be there before events. */
async function written(): Promise<Record<string, number>> {
  const rows = await db.admin<{ name: string; count: number }>(countRows, [ctx.tenantId]);
  return Object.fromEntries(rows.filter(({ count }) => count > 0).map(({ name, count }) => [name, count]));
}
let countRows: string;
beforeAll(async () => {
  const tables = await db.admin<{ name: string }>(
    `select attrelid::regclass::text as name from pg_attribute join pg_class on pg_class.oid = attrelid
      where relnamespace = 'acci'::regnamespace and relkind = 'r' and attname = 'tenant_id' and not attisdropped
        and relname not in ('tenant_keys', 'subject_keys')`,
  );
  const counts = tables.map(
    ({ name }) => `select '${name}' as name, count(*)::int as count from ${name} where tenant_id = $1`,
  );
  countRows = counts.join(' union all ');
});

function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels));
}
const circle: { self?: unknown } = {};
circle.self = circle;

const notes: readonly [string, string, unknown][] = [
  ['10 MB of text', 'event_store.event.too_large', 'x'.repeat(10 * 1024 * 1024)],
  ['a list of 2 MB', 'event_store.event.too_large', Array.from({ length: 200_000 }, () => 123_456_789)],
  ['10 MB of escapes', 'event_store.event.too_large', '\u0001'.repeat(1024 * 1024)],
  ['half a surrogate pair', 'event_store.data.invalid_text', 'a\ud83d'],
  ['the other half', 'event_store.data.invalid_text', { text: ['\ude00a'] }],
  ['half a pair in a key', 'event_store.data.invalid_text', { '\ud83d': 1 }],
  ['a NUL', 'event_store.data.invalid_text', 'a\0b'],
  ['a NUL in a key', 'event_store.data.invalid_text', { 'a\0': 1 }],
  ['33 levels', 'event_store.data.too_deep', nested(32)],
  ['100,000 levels', 'event_store.data.too_deep', nested(100_000)],
  ['a circle', 'event_store.data.too_deep', circle],
  ['a __proto__ key', 'event_store.data.unsafe_key', JSON.parse('{"__proto__":{"admin":true}}')],
  ['one further down', 'event_store.data.unsafe_key', [{ a: JSON.parse('{"__proto__":null}') as unknown }]],
  ['a date', 'event_store.data.not_json', new Date(0)],
  ['a map', 'event_store.data.not_json', new Map([[1, 2]])],
  ['a function', 'event_store.data.not_json', { toJSON: () => 1 }],
  ['a big integer', 'event_store.data.not_json', 1n],
  ['no number', 'event_store.data.not_json', Number.NaN],
  ['infinity', 'event_store.data.not_json', [-Infinity]],
  ['a hole', 'event_store.data.not_json', [undefined]],
];
const inputs: readonly [string, string, (entry: Entry) => DomainEvent][] = [
  [
    'an unknown type',
    'event_store.event.unknown_type',
    () => ({ type: 'bank.entry.robbed', version: 1, data: { amount: 1 } }),
  ],
  [
    'a version from the future',
    'event_store.event.unknown_version',
    (entry) => ({ ...entry.of({ amount: 1 }), version: 99 }),
  ],
  ['a version of the past', 'event_store.event.outdated', () => EntryMadeV1.of({ amount: 1 })],
  ['a number where none may be', 'event_store.event.invalid', (entry) => entry.of({ amount: -1 })],
  [
    'a field that is missing',
    'event_store.event.invalid',
    (entry) => ({ ...entry.of({ amount: 1 }), data: {} }),
  ],
  ['no data', 'event_store.data.not_json', (entry) => ({ ...entry.of({ amount: 1 }), data: undefined })],
  ...notes.map(([what, code, note]): (typeof inputs)[number] => [
    what,
    code,
    (entry) => entry.of({ amount: 1, note }),
  ]),
];

/** How an event may get into the log, and which event takes this way. */
const ways: Record<string, { entry: Entry; append: (bad: Ledger) => Promise<unknown> }> = {
  'in an append of its own': { entry: EntryMade, append: (bad) => store.save(ctx, bad) },
  'with tags': { entry: EntryTagged, append: (bad) => store.save(ctx, bad) },
  'with unique values': { entry: EntryClaimed, append: (bad) => store.save(ctx, bad) },
  'with personal data': { entry: EntrySealed, append: (bad) => store.save(ctx, bad) },
  'under a condition': {
    entry: EntryMade,
    append: (bad) => store.save(ctx, bad, { unless: { tags: [tag('amount', '7')], after: undefined } }),
  },
  'together with others': {
    entry: EntryMade,
    append: (bad) => store.saveAll(ctx, [Ledger.with(EntryClaimed.of({ amount: 1 })), bad]),
  },
  'in a command that is handled once': {
    entry: EntryTagged,
    append: (bad) => store.once({ ...ctx, commandId: 'c-1' }, () => store.save(ctx, bad)),
  },
  'in a transaction with others': {
    entry: EntryMade,
    append: (bad) =>
      db.database.inTenant(ctx.tenantId, async () => {
        await store.save(ctx, Ledger.with(EntryClaimed.of({ amount: 1 })));
        await store.save(ctx, bad);
      }),
  },
};

describe.each(Object.entries(ways))('%s', (_, { entry, append }) => {
  it.each(inputs)('%s is refused as %s, and nothing is written', async (_what, code, bad) => {
    const ledger = Ledger.with(entry.of({ amount: 1 }), bad(entry));
    await expect(append(ledger)).rejects.toMatchObject({ code });
    expect(await written()).toEqual({});
    expect(ledger.version).toBe(0);
  });
});

describe('in a group with others', () => {
  const others = (): Ledger[] => Array.from({ length: 30 }, () => Ledger.with(EntryMade.of({ amount: 1 })));

  it.each(inputs)('%s is refused as %s, and the others are written', async (_what, code, bad) => {
    const [first, second] = [others(), others()].map((some) => some.map((one) => store.save(ctx, one)));
    const refused = store.save(ctx, Ledger.with(bad(EntryMade)));
    await expect(refused).rejects.toMatchObject({ code });
    await Promise.all([...(first ?? []), ...(second ?? [])]);
    expect(await written()).toEqual({ 'acci.events': 60 });
  });

  it('a tenant that cannot be is refused, and the others are written', async () => {
    const saves = others().map((one) => store.save(ctx, one));
    const refused = store.save({ ...ctx, tenantId: 'acme' }, Ledger.with(EntryMade.of({ amount: 1 })));
    await expect(refused).rejects.toMatchObject({ code: 'database.tenant.invalid_id' });
    await Promise.all(saves);
    expect(await written()).toEqual({ 'acci.events': 30 });
  });
});
