import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { readProblem } from '@acci/rest/testing';
import { adapters, createTestDatabase, TestServer } from '../spec-support/test-app.js';
import { aTenant } from '../testing.js';

describe.each(adapters)('a request on %s whose process died before it kept the answer', (adapter) => {
  let db: TestDatabase;
  let server: TestServer;

  beforeAll(async () => {
    db = await createTestDatabase();
    server = await TestServer.start(adapter, db);
  });
  afterAll(async () => {
    await server.close();
    await db.close();
  });

  /** What is left of a key when its holder was killed after the commit: a lease that has run out. */
  const dieBeforeAnswering = async (key: string): Promise<void> => {
    const died = await db.admin(
      `update acci.idempotency_keys
          set status = null, headers = null, body = null, expires_at = now()
        where key = $1 and status is not null
       returning key`,
      [key],
    );
    expect(died).toHaveLength(1);
  };

  /** Sends a request, forgets that it was answered, and sends it again. */
  const sendTwice = async (path: string, body?: unknown): Promise<{ status: number; id: string }> => {
    const key = uuidv7();
    const first = await server.send('POST', path, body, { 'idempotency-key': key });
    await dieBeforeAnswering(key);
    const again = await server.send('POST', path, body, { 'idempotency-key': key });
    const written = (await again.json()) as { id: string };
    expect({ path, status: again.status, written }).toEqual({
      path,
      status: first.status,
      written: await first.json(),
    });
    // Handled, not given again from what HTTP keeps.
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    for (const name of ['location', 'etag', 'event-position'])
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    return { status: again.status, id: written.id };
  };

  it('is answered as it would have been, and does nothing twice', async () => {
    const { status, id } = await sendTwice('/v1/tenants', aTenant());
    expect(status).toBe(201);
    const parent = await sendTwice('/v1/tenants', aTenant());
    const tenant = `/v1/tenants/${id}`;
    expect((await sendTwice(`${tenant}/suspend`, { reason: 'unpaid' })).status).toBe(200);
    expect((await sendTwice(`${tenant}/reactivate`)).status).toBe(200);
    expect((await sendTwice(`${tenant}/move`, { parentId: parent.id })).status).toBe(200);
    expect((await server.send('DELETE', `${tenant}?gracePeriodDays=0`)).status).toBe(202);
    expect((await sendTwice(`${tenant}/restore`)).status).toBe(200);
    expect((await server.send('DELETE', `${tenant}?gracePeriodDays=0`)).status).toBe(202);
    expect((await sendTwice(`${tenant}/purge`)).status).toBe(202);
    const events = await db.admin<{ type: string }>(
      'select type from acci.events where stream_id = $1 order by version',
      [id],
    );
    expect(events.map(({ type }) => type.replace('tenancy.tenant.', ''))).toEqual([
      'created',
      'suspended',
      'reactivated',
      'moved',
      'deletion_scheduled',
      'deletion_cancelled',
      'deletion_scheduled',
      'purged',
    ]);
  });

  it('is refused if its key comes with another command once HTTP has forgotten it', async () => {
    const key = { 'idempotency-key': uuidv7() };
    expect((await server.send('POST', '/v1/tenants', aTenant(), key)).status).toBe(201);
    await db.admin('delete from acci.idempotency_keys where key = $1', [key['idempotency-key']]);
    const refused = await server.send('POST', '/v1/tenants', aTenant(), key);
    expect(await readProblem(refused)).toMatchObject({
      status: 409,
      code: 'event_store.command.id_reused',
    });
  });
});
