import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiUnderTest } from './setup/api-under-test.js';

const clients = process.env['ACCI_LONG'] === '1' ? 2_000 : 100;

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(() => api.close());

function create(slug: string, key: string, signal?: AbortSignal): Promise<Response> {
  const headers = { 'idempotency-key': key };
  const body = JSON.stringify({ slug, name: slug });
  return api.fetch('/v1/tenants', { method: 'POST', headers, body, signal: signal ?? null });
}

/** Hangs up in the middle, and asks again until there is an answer. */
async function createImpatiently(slug: string): Promise<{ id: string; hungUp: boolean }> {
  const key = randomUUID();
  const first = create(slug, key, AbortSignal.timeout(Math.ceil(Math.random() * 300)));
  const hungUp = await first.then(
    (response) => response.text().then(() => false),
    () => true,
  );
  for (;;) {
    const again = await create(slug, key);
    const answer = (await again.json()) as { id: string; code?: string };
    if (again.status === 201) return { id: answer.id, hungUp };
    expect(answer).toMatchObject({ code: 'request.idempotency.in_flight' });
    await sleep(20);
  }
}

it(`${clients} clients that hang up and send their request again get the tenant that they asked for, once`, async () => {
  const slugs = Array.from({ length: clients }, (_, index) => `cancelled-${index}`);
  const created: { id: string; hungUp: boolean }[] = [];
  for (let begin = 0; begin < clients; begin += 20)
    created.push(...(await Promise.all(slugs.slice(begin, begin + 20).map(createImpatiently))));
  const stored = await api.db.admin<{ id: string; slug: string }>(
    `select stream_id as id, data ->> 'slug' as slug from acci.events where type = 'tenancy.tenant.created'`,
  );
  const bySlug = (some: readonly { slug: string }[]) => some.toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
  expect(bySlug(stored)).toEqual(bySlug(created.map(({ id }, index) => ({ id, slug: slugs[index] ?? '' }))));
  expect(created.some(({ hungUp }) => hungUp)).toBe(true);
});
