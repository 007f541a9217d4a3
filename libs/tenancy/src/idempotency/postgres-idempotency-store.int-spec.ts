import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { createTestDatabase } from '../spec-support/test-app.js';
import { PostgresIdempotencyStore } from './postgres-idempotency-store.js';

const tenantId = uuidv7();
const answer = { status: 201, headers: { location: '/v1/tenants/1' }, body: '{"id":"1"}' };
let db: TestDatabase;
let store: PostgresIdempotencyStore;

beforeAll(async () => {
  db = await createTestDatabase();
  store = new PostgresIdempotencyStore(db.database);
});
afterAll(() => db.close());

async function begun(key: string, leaseMs = 60_000): Promise<string> {
  const begin = await store.begin(tenantId, key, 'a', leaseMs);
  if (begin.state !== 'new') throw new Error(`Expected a new key, but it is ${begin.state}`);
  return begin.token;
}

it('gives a key to exactly one of many', async () => {
  const key = uuidv7();
  const states = await Promise.all(
    Array.from({ length: 20 }, async () => (await store.begin(tenantId, key, 'a', 60_000)).state),
  );
  expect(states.toSorted()).toEqual([...Array<string>(19).fill('in_flight'), 'new']);
});

it('remembers the answer, for the same request of the same tenant only', async () => {
  const key = uuidv7();
  await store.complete(tenantId, key, await begun(key), answer);
  expect(await store.begin(tenantId, key, 'a', 1)).toEqual({ state: 'done', response: answer });
  expect(await store.begin(tenantId, key, 'b', 1)).toEqual({ state: 'mismatch' });
  expect(await store.begin(uuidv7(), key, 'b', 1)).toMatchObject({ state: 'new' });
});

it('remembers an empty answer', async () => {
  const key = uuidv7();
  const empty = { status: 204, headers: {}, body: null };
  await store.complete(tenantId, key, await begun(key), empty);
  expect(await store.begin(tenantId, key, 'a', 1)).toEqual({ state: 'done', response: empty });
});

it('hands the key of a crashed holder to the same request, which alone may answer then', async () => {
  const key = uuidv7();
  const crashed = await begun(key, 1);
  await sleep(5);
  expect(await store.begin(tenantId, key, 'b', 60_000)).toEqual({ state: 'mismatch' });
  const token = await begun(key);
  await store.complete(tenantId, key, crashed, { ...answer, status: 500 });
  await store.release(tenantId, key, crashed);
  expect(await store.begin(tenantId, key, 'a', 1)).toMatchObject({ state: 'in_flight' });
  await store.complete(tenantId, key, token, answer);
  await store.complete(tenantId, key, token, { ...answer, status: 500 });
  expect(await store.begin(tenantId, key, 'a', 1)).toEqual({ state: 'done', response: answer });
});

it('forgets a key that was released', async () => {
  const key = uuidv7();
  await store.release(tenantId, key, await begun(key));
  expect(await store.begin(tenantId, key, 'b', 1)).toMatchObject({ state: 'new' });
});

it('takes a key whose answer expired for anything, and clears what nobody asks for again', async () => {
  const [expired, abandoned, kept] = [uuidv7(), uuidv7(), uuidv7()];
  for (const key of [expired, kept]) await store.complete(tenantId, key, await begun(key), answer);
  await begun(abandoned);
  const age = (key: string, hours: number) =>
    db.admin(`update acci.idempotency_keys set expires_at = now() - $2 * interval '1 hour' where key = $1`, [
      key,
      hours,
    ]);
  await age(expired, 1);
  expect(await store.begin(tenantId, expired, 'b', 1)).toMatchObject({ state: 'new' });
  await db.admin('update acci.idempotency_keys set status = 200 where key = $1', [expired]);
  await age(expired, 1);
  await age(abandoned, 25);
  await store.clearExpired();
  const left = await db.admin<{ key: string }>('select key from acci.idempotency_keys where key = any ($1)', [
    [expired, abandoned, kept],
  ]);
  expect(left).toEqual([{ key: kept }]);
});
