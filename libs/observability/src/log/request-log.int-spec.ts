import { once } from 'node:events';
import { connect } from 'node:net';
import { ADAPTERS, TENANT, TestApp } from '../spec-support/apps.js';

describe.each(ADAPTERS)('the request log on %s', (adapterName, adapter) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await TestApp.start(adapter);
  });
  afterEach(() => app.close());

  const identity = { 'x-tenant': TENANT, 'x-actor': 'key-1', 'x-correlation-id': 'c-1' };

  it('has exactly one line per request, with the route and never the path', async () => {
    await app.fetch('/v1/things/4711?token=hush', { headers: identity });
    const lines = await app.requestLines(1);
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: 'test',
        tenant: TENANT,
        actor: 'key-1',
        correlation: 'c-1',
        method: 'GET',
        route: '/v1/things/:id',
        status: 200,
        durationMs: expect.any(Number),
        msg: 'request',
      },
    ]);
    expect(app.log.written.join('')).not.toMatch(/4711|hush/);
  });

  it('covers a request that no route takes, a malformed body and an unexpected failure', async () => {
    await app.fetch('/nowhere/1');
    await app.requestLines(1);
    await app.fetch('/v1/things', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    await app.requestLines(2);
    await app.fetch('/v1/things/1/broken');
    const lines = await app.requestLines(3);
    expect(lines.map(({ level, method, route, status }) => ({ level, method, route, status }))).toEqual([
      { level: 'info', method: 'GET', route: 'unmatched', status: 404 },
      {
        level: 'info',
        method: 'POST',
        route: expect.stringMatching(/^(\/v1\/things|unmatched)$/),
        status: 400,
      },
      { level: 'error', method: 'GET', route: '/v1/things/:id/broken', status: 500 },
    ]);
  });

  it('covers a malformed URL, which Fastify answers before any of its hooks', async () => {
    await app.fetch('/v1/things/%zz', { headers: identity });
    expect(await app.requestLines(1)).toEqual([expect.objectContaining({ status: 400, correlation: 'c-1' })]);
  });

  it('gives status 499 to a request whose client left', async () => {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET /v1/things/1/slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await once(socket, 'close');
    expect(await app.requestLines(1)).toEqual([
      expect.objectContaining({ route: '/v1/things/:id/slow', status: 499 }),
    ]);
  });

  it('tells of a live stream how long it was open, under another name than how long an answer took', async () => {
    const { body } = await app.fetch('/v1/things/1/stream');
    await body?.cancel();
    const [line] = await app.requestLines(1);
    expect(line).toMatchObject({ route: '/v1/things/:id/stream', status: 200, openMs: expect.any(Number) });
    expect(line).not.toHaveProperty('durationMs');
  });

  it("puts the request's fields on lines written while it runs, also after its body arrived late", async () => {
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('{"a":'));
        await new Promise((resolve) => setTimeout(resolve, 30));
        controller.enqueue(new TextEncoder().encode('1}'));
        controller.close();
      },
    });
    const headers = { ...identity, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    expect((await app.fetch('/v1/things', init)).status).toBe(201);
    await app.requestLines(1);
    expect(app.log.lines).toContainEqual(
      expect.objectContaining({
        msg: 'making a thing',
        context: 'Things',
        tenant: TENANT,
        correlation: 'c-1',
      }),
    );
  });

  it('survives a requestFields that throws', async () => {
    const broken = await TestApp.start(adapter, {
      requestFields: () => {
        throw new Error('no identity');
      },
    });
    expect((await broken.fetch('/v1/things/1')).status).toBe(200);
    expect(await broken.requestLines(1)).toHaveLength(1);
    await broken.close();
  });

  it('writes to the log of its own app, in a process that has or had others', async () => {
    const other = await TestApp.start(adapter);
    await other.fetch('/v1/things/1');
    expect(await other.requestLines(1)).toHaveLength(1);
    expect(await app.requestLines(0)).toHaveLength(0);
    await other.close();
    expect(adapterName).toBeTruthy();
  });

  it('can be switched off', async () => {
    const quiet = await TestApp.start(adapter, { log: { requests: false } });
    await quiet.fetch('/v1/things/1');
    expect(await quiet.requestLines(0)).toHaveLength(0);
    await quiet.close();
  });
});
