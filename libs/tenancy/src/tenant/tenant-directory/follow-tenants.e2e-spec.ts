import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { readProblem } from '@acci/rest/testing';
import { adapters, createTestDatabase, TestServer } from '../../spec-support/test-app.js';

describe.each(adapters)('the streams of tenants on %s', (adapter) => {
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

  let made = 0;
  const create = async (plan = 'free') => {
    const answer = await server.send('POST', '/v1/tenants', { slug: `f-${(made += 1)}`, name: 'Acme', plan });
    return ((await answer.json()) as { id: string }).id;
  };
  /** Opens a stream; its messages are read one by one. */
  const follow = async (query = '', headers: Record<string, string> = {}, path = '/v1/tenants/stream') => {
    const answer = await server.fetch(`${path}${query}`, { headers });
    if (!answer.body || answer.status !== 200) throw new Error(await answer.text());
    const reader = answer.body.pipeThrough(new TextDecoderStream() as never).getReader();
    let text = '';
    const next = async (): Promise<Record<string, string>> => {
      while (!text.includes('\n\n')) text += ((await reader.read()) as { value: string }).value;
      const [message = ''] = text.split('\n\n', 1);
      text = text.slice(message.length + 2);
      return Object.fromEntries(
        message.split('\n').map((line) => line.split(/: (.*)/)) as [string, string][],
      );
    };
    const { id: start } = await next();
    return { next, start: start ?? '', close: () => reader.cancel() };
  };

  it('shows each tenant as it is in the list, whenever it changes', async () => {
    const stream = await follow();
    const id = await create();
    const created = await stream.next();
    expect(JSON.parse(created['data'] ?? '')).toEqual(await server.json(`/v1/tenants/${id}`));
    await server.send('POST', `/v1/tenants/${id}/suspend`, { reason: 'unpaid' });
    expect(JSON.parse((await stream.next())['data'] ?? '')).toMatchObject({
      id,
      status: 'suspended',
      version: 2,
    });
    await stream.close();

    await server.send('POST', `/v1/tenants/${id}/reactivate`);
    await server.send('PATCH', `/v1/tenants/${id}`, { name: 'Acme International' });
    const resumed = await follow('', { 'last-event-id': created['id'] ?? '' });
    const versions: number[] = [];
    while (versions.at(-1) !== 4) {
      const tenant = JSON.parse((await resumed.next())['data'] ?? '') as { version: number; name: string };
      versions.push(tenant.version);
      if (tenant.version === 4) expect(tenant.name).toBe('Acme International');
    }
    // What changed several times meanwhile may be told once; what had been told is not told again.
    expect(versions.toSorted((a, b) => a - b)).toEqual(versions);
    expect(versions[0]).toBeGreaterThan(1);
    await server.fetch(`/v1/tenants/${id}?gracePeriodDays=0`, { method: 'DELETE' });
    await server.send('POST', `/v1/tenants/${id}/purge`);
    let message = await resumed.next();
    while (message['event'] === undefined) message = await resumed.next();
    expect(message).toMatchObject({ event: 'removed', data: JSON.stringify({ id }) });
    await resumed.close();
  });

  it('keeps a filtered list up to date: what does not fit any more is removed', async () => {
    const stream = await follow('?status=active&plan=enterprise');
    await create('free');
    const id = await create('enterprise');
    expect(await stream.next()).toMatchObject({ event: 'removed' });
    expect(JSON.parse((await stream.next())['data'] ?? '')).toMatchObject({ id, plan: 'enterprise' });
    await server.send('POST', `/v1/tenants/${id}/suspend`, { reason: 'unpaid' });
    expect(await stream.next()).toMatchObject({ event: 'removed', data: JSON.stringify({ id }) });
    await stream.close();
  });

  it('has cursors of its own, and is for the platform alone', async () => {
    const stream = await follow('?status=active');
    await stream.close();
    const refused = await server.fetch('/v1/tenants/stream', { headers: { 'last-event-id': stream.start } });
    expect(await readProblem(refused)).toMatchObject({ status: 400, code: 'request.cursor.invalid' });
    const authorization = `Bearer ${await create()}`;
    const foreign = await server.fetch('/v1/tenants/stream', { headers: { authorization } });
    expect((await readProblem(foreign)).status).toBe(403);
    const without = await server.fetch('/v1/tenants/stream', {
      headers: { 'x-without': 'tenancy.tenants.read' },
    });
    expect((await readProblem(without)).status).toBe(403);
  });

  it('tells the history of a tenant on, as its list does, and from where a client has been', async () => {
    const id = await create();
    const path = `/v1/tenants/${id}/history/stream`;
    const stream = await follow('', {}, path);
    await create();
    await server.send('POST', `/v1/tenants/${id}/suspend`, { reason: 'unpaid' });
    const suspended = await stream.next();
    await stream.close();
    await server.send('POST', `/v1/tenants/${id}/reactivate`);
    const resumed = await follow('', { 'last-event-id': suspended['id'] ?? '' }, path);
    const told = [suspended, await resumed.next()].map(({ data = '' }) => JSON.parse(data) as unknown);
    await resumed.close();
    const { items } = await server.json<{ items: unknown[] }>(`/v1/tenants/${id}/history`);
    expect(told).toEqual(items.slice(1));

    const headers = { 'last-event-id': suspended['id'] ?? '' };
    const ofAnother = await server.fetch(`/v1/tenants/${await create()}/history/stream`, { headers });
    expect(await readProblem(ofAnother)).toMatchObject({ status: 400, code: 'request.cursor.invalid' });
    const ofNobody = await server.fetch(`/v1/tenants/${uuidv7()}/history/stream`);
    expect(await readProblem(ofNobody)).toMatchObject({ status: 404, code: 'tenancy.tenant.not_found' });
  });
});
