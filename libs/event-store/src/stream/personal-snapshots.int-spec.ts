import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { z } from 'zod';
import { createTestDatabase } from '../fixtures/bank.js';
import { Customer, CustomerRegistered } from '../fixtures/customer.js';
import { masterKey } from '../fixtures/registry-office.js';
import {
  EnvironmentKey,
  EventRegistry,
  EventStore,
  personal,
  PersonalData,
  RegistrationError,
  snapshotOf,
} from '../index.js';
import { KeyRing } from '../personal-data/key-ring.js';
import { PersonalDataCipher } from '../personal-data/personal-data-cipher.js';
import { testContext } from '../testing/context.js';

const ofStream = { of: '$stream' };

class Regular extends Customer {
  static readonly snapshot = snapshotOf({
    every: 2,
    version: 1,
    schema: z.object({
      email: personal(z.email(), { ...ofStream, forgotten: 'forgotten@example.invalid' }),
      name: personal(z.string(), { ...ofStream, forgotten: 'forgotten' }),
      plan: z.string(),
    }),
    take: ({ email, name, plan }: Regular) => ({ email, name, plan }),
    restore: (regular, state) => void Object.assign(regular, state),
  });

  static join(id: string): Regular {
    const regular = new Regular(id);
    regular.record(
      CustomerRegistered.of({ email: `${id}@example.com`, name: 'Ada Lovelace', plan: 'basic' }),
    );
    return regular;
  }
}

const ctx = testContext();
let db: TestDatabase;
let ring: KeyRing;
let store: EventStore;
let personalData: PersonalData;
beforeAll(async () => {
  db = await createTestDatabase();
  const registry = new EventRegistry();
  registry.register(Regular);
  ring = new KeyRing(db.database, new EnvironmentKey(masterKey()));
  const cipher = new PersonalDataCipher(ring);
  store = new EventStore(db.database, registry, {}, cipher);
  personalData = new PersonalData(db.database, registry, store, cipher);
});
afterAll(async () => {
  ring.close();
  await db.close();
});

/** A stream of three events, with a snapshot. */
async function join(): Promise<string> {
  const regular = Regular.join(uuidv7());
  regular.changePlan('gold');
  regular.changePlan('basic');
  await store.save(ctx, regular);
  await store.flushSnapshots();
  return regular.id;
}

async function stateOf(id: string): Promise<Record<string, unknown> | undefined> {
  await store.flushSnapshots();
  const [row] = await db.admin<{ state: Record<string, unknown> }>(
    'select state from acci.snapshots where stream_id = $1',
    [id],
  );
  return row?.state;
}

it('what a snapshot keeps of a person is encrypted, and restored as it was', async () => {
  const id = await join();
  expect(await stateOf(id)).toEqual({
    email: expect.stringMatching(/^acci1\./) as string,
    name: expect.stringMatching(/^acci1\./) as string,
    plan: 'basic',
  });
  await db.admin(
    `update acci.snapshots set state = jsonb_set(state::jsonb, '{plan}', '"marked"') where stream_id = $1`,
    [id],
  );
  expect(await store.load(ctx, Regular, id)).toMatchObject({
    version: 3,
    email: `${id}@example.com`,
    name: 'Ada Lovelace',
    plan: 'marked',
  });
});

it('a snapshot that was moved to another stream does not open, and is ignored', async () => {
  const [id, other] = [await join(), await join()];
  await db.admin(
    'update acci.snapshots set state = (select state from acci.snapshots where stream_id = $2) where stream_id = $1',
    [id, other],
  );
  expect(await store.load(ctx, Regular, id)).toMatchObject({ version: 3, email: `${id}@example.com` });
});

it('a forgotten person is in no snapshot, neither old nor new', async () => {
  const id = await join();
  const stale = await store.load(ctx, Regular, id);
  await personalData.forget(ctx, id);
  expect(await stateOf(id)).toBeUndefined();
  expect(await store.load(ctx, Regular, id)).toMatchObject({ version: 3, name: 'forgotten' });
  // A process that had loaded the aggregate before.
  stale.changePlan('gold');
  stale.changePlan('silver');
  await store.save(ctx, stale);
  expect(await stateOf(id)).toBeUndefined();
  expect(await store.load(ctx, Regular, id)).toMatchObject({ version: 5, name: 'forgotten', plan: 'silver' });
  // One that has loaded it since keeps snapshots of what it knows, which is nothing personal.
  await store.update(ctx, Regular, id, (regular) => regular.changePlan('basic'));
  expect(await stateOf(id)).toEqual({
    email: 'forgotten@example.invalid',
    name: 'forgotten',
    plan: 'basic',
  });
  expect(await store.load(ctx, Regular, id)).toMatchObject({ version: 6, name: 'forgotten', plan: 'basic' });
});

it('a snapshot that is written behind a forgetting is ignored, not read as something else', async () => {
  const id = await join();
  const [kept] = await db.admin('select * from acci.snapshots where stream_id = $1', [id]);
  await personalData.forget(ctx, id);
  await db.admin(`insert into acci.snapshots select * from json_populate_record(null::acci.snapshots, $1)`, [
    JSON.stringify({ ...kept, state: { ...(kept?.['state'] as object), plan: 'marked' } }),
  ]);
  expect(await store.load(ctx, Regular, id)).toMatchObject({ version: 3, name: 'forgotten', plan: 'basic' });
});

describe('an aggregate with personal events whose snapshot marks nothing', () => {
  const plan = { every: 2, version: 1, schema: z.object({ plan: z.string() }) };
  const ofPlan = {
    ...plan,
    take: ({ plan: kept }: Customer) => ({ plan: kept }),
    restore: (customer: Customer, state: { plan: string }) => void Object.assign(customer, state),
  };

  it('is refused at boot, unless it says that nothing in there is personal', () => {
    class Careless extends Customer {
      static readonly snapshot = snapshotOf(ofPlan);
    }
    class Careful extends Customer {
      static readonly snapshot = snapshotOf({ ...ofPlan, personal: 'none' });
    }
    expect(() => new EventRegistry().register(Careless)).toThrow(RegistrationError);
    expect(() => new EventRegistry().register(Careful)).not.toThrow();
  });
});
