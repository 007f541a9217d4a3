import type { StoredResponse } from './idempotency-store.js';
import { MemoryIdempotencyStore } from './memory-idempotency-store.js';

const response: StoredResponse = { status: 201, headers: {}, body: '{}' };

describe('MemoryIdempotencyStore', () => {
  let now = 0;
  let store: MemoryIdempotencyStore;
  const begin = (key = 'k', fingerprint = 'f', tenant = 't') => store.begin(tenant, key, fingerprint, 1_000);
  const token = async (key?: string): Promise<string> => {
    const begun = await begin(key);
    if (begun.state !== 'new') throw new Error(`Expected new, got ${begun.state}`);
    return begun.token;
  };

  beforeEach(() => {
    now = 0;
    store = new MemoryIdempotencyStore({ maxKeys: 2, ttlMs: 10_000, now: () => now });
  });

  it('gives the key to one, and the answer to all that follow', async () => {
    const holder = await token();
    expect(await begin()).toMatchObject({ state: 'in_flight' });
    await store.complete('t', 'k', holder, response);
    expect(await begin()).toEqual({ state: 'done', response });
    expect(await begin('k', 'other')).toEqual({ state: 'mismatch' });
  });

  it('keeps tenants apart', async () => {
    await store.complete('t', 'k', await token(), response);
    expect(await begin('k', 'f', 'other')).toMatchObject({ state: 'new' });
  });

  it('lets the key of a crashed holder be taken over, and the holder no longer speak', async () => {
    const crashed = await token();
    now = 1_000;
    expect(await begin('k', 'other')).toEqual({ state: 'mismatch' });
    const heir = await token();
    await store.complete('t', 'k', crashed, { ...response, status: 500 });
    await store.release('t', 'k', crashed);
    expect(await begin()).toMatchObject({ state: 'in_flight' });
    await store.complete('t', 'k', heir, response);
    expect(await begin()).toEqual({ state: 'done', response });
  });

  it('forgets what was released, and what is old', async () => {
    await store.release('t', 'k', await token());
    await store.complete('t', 'k', await token(), response);
    now = 10_000;
    expect(await begin('k', 'other')).toMatchObject({ state: 'new' });
  });

  it('makes room by forgetting the oldest answer, never what is in flight', async () => {
    const first = await token('a');
    await store.complete('t', 'b', await token('b'), response);
    await token('c');
    await expect(begin('d')).rejects.toMatchObject({ status: 503, code: 'request.idempotency.busy' });
    await store.complete('t', 'a', first, response);
    expect(await begin('d')).toMatchObject({ state: 'new' });
  });
});
