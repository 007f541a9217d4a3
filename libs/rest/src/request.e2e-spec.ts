import { connect } from 'node:net';
import { ADAPTERS, Sample } from './spec-support/sample-app.js';
import { TENANT } from './spec-support/sample.module.js';
import { readProblem } from './testing.js';

describe.each(ADAPTERS)('requests on %s', (adapter) => {
  let sample: Sample;

  beforeAll(async () => {
    sample = await Sample.start(adapter);
  });
  afterAll(() => sample.app.close());

  it('takes a sane correlation id and gives it back', async () => {
    const response = await sample.fetch('/v1/things/1', { headers: { 'X-Correlation-Id': 'order:42' } });
    expect(response.headers.get('x-correlation-id')).toBe('order:42');
  });

  it.each(['a b', 'a"b', '<script>', 'é', 'a'.repeat(129), ''])(
    'replaces the correlation id %j',
    async (id) => {
      const response = await sample.fetch('/v1/things/1', { headers: { 'X-Correlation-Id': id } });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('replaces a correlation id that comes twice, and lets none inject a header', async () => {
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(sample.port, '127.0.0.1', () =>
        socket.write(
          'GET /v1/nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Correlation-Id: one\r\nX-Correlation-Id: two\rSet-Cookie: a=b\r\n\r\n',
        ),
      );
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
    });
    expect(answer).not.toMatch(/set-cookie/i);
    expect(answer).not.toMatch(/x-correlation-id: (one|two)/i);
  });

  it('goes on with the trace it is given', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const response = await sample.fetch('/v1/things/1', { headers: { traceparent } });
    expect(response.headers.get('traceparent')).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/,
    );
  });

  it('builds the context from identity, correlation and key', async () => {
    await sample.send(
      'POST',
      '/v1/things',
      { name: 'lamp' },
      { 'X-Correlation-Id': 'c-1', 'Idempotency-Key': 'k-1' },
    );
    expect(sample.journal.contexts.at(-1)).toEqual({
      tenantId: TENANT,
      actor: 'key:alice',
      correlationId: 'c-1',
      commandId: 'k-1',
    });
  });

  it('pages with cursors and links', async () => {
    const seen: string[] = [];
    let path: string | undefined = '/v1/things?limit=2&name=a%20b';
    while (path) {
      const response: Response = await sample.fetch(path);
      const body = (await response.json()) as { items: { id: string }[]; next: string | null };
      seen.push(...body.items.map((item) => item.id));
      const link = response.headers.get('link') ?? '';
      expect(link).toContain('</v1/things?limit=2&name=a+b>; rel="first"');
      path = /<([^>]+)>; rel="next"/.exec(link)?.[1];
      expect(path === undefined).toBe(body.next === null);
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5']);
  });

  it.each(['%00', 'bm9wZQ', 'WyJhIl0', 'a'.repeat(3000)])('refuses the cursor %.10s', async (cursor) => {
    const problem = await readProblem(await sample.fetch(`/v1/things?cursor=${cursor}`));
    expect(problem.status).toBe(400);
  });

  it('answers 304 to the version a client has', async () => {
    const first = await sample.fetch('/v1/things/1');
    expect(first.headers.get('etag')).toBe('"7"');
    for (const tag of ['"7"', 'W/"7"', '"6", "7"', '*']) {
      const again = await sample.fetch('/v1/things/1', { headers: { 'If-None-Match': tag } });
      expect([tag, again.status, await again.text()]).toEqual([tag, 304, '']);
      expect(again.headers.get('etag')).toBe('"7"');
    }
    const changed = await sample.fetch('/v1/things/1', { headers: { 'If-None-Match': '"6"' } });
    expect(changed.status).toBe(200);
  });

  it.each([
    ['"7"', 200, undefined],
    ['*', 200, undefined],
    ['"6"', 412, 'event_store.version.mismatch'],
    ['W/"7"', 412, 'request.precondition.failed'],
    ['"abc"', 412, 'request.precondition.failed'],
    ['7', 400, 'request.if_match.invalid'],
    ['"6", "7"', 400, 'request.if_match.invalid'],
  ])('treats If-Match %s', async (tag, status, code) => {
    const response = await sample.send('PATCH', '/v1/things/1', { name: 'a' }, { 'If-Match': tag });
    expect(response.status).toBe(status);
    if (code) await expect(readProblem(response)).resolves.toMatchObject({ code });
  });

  it('insists on If-Match where it is required', async () => {
    const problem = await readProblem(await sample.fetch('/v1/things/1', { method: 'DELETE' }));
    expect(problem).toMatchObject({ status: 428, code: 'request.precondition.required' });
    const gone = await sample.fetch('/v1/things/1', { method: 'DELETE', headers: { 'If-Match': '"7"' } });
    expect(gone.status).toBe(204);
  });

  it('gives and takes event positions', async () => {
    const written = await sample.send('POST', '/v1/things', { name: 'lamp' });
    const position = written.headers.get('event-position') ?? '';
    expect(position).toBe('1.7421.98');
    const read = await sample.fetch('/v1/things/1', { headers: { 'Min-Event-Position': position } });
    expect(read.status).toBe(200);
    expect(sample.journal.positions).toEqual([position]);
    const bad = await sample.fetch('/v1/things/1', { headers: { 'Min-Event-Position': '1; drop' } });
    expect(await readProblem(bad)).toMatchObject({ status: 400, code: 'request.event_position.invalid' });
  });

  it.each(['/v1/things?name=%00', '/v1/things/a%00b'])('refuses a NUL in %s', async (path) => {
    const problem = await readProblem(await sample.fetch(path));
    expect(problem).toMatchObject({ status: 400, code: 'request.malformed' });
  });

  it('reads a streamed body past every limit', async () => {
    const body = 'a,b\n'.repeat(500_000);
    const response = await sample.fetch('/v1/things/import', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'text/csv' },
    });
    expect(await response.json()).toEqual({ bytes: body.length });
    const wrong = await sample.send('POST', '/v1/things/import', {});
    expect(await readProblem(wrong)).toMatchObject({ status: 415 });
  });

  it('sends security headers, and no CORS', async () => {
    const response = await sample.fetch('/v1/things/1', { headers: { Origin: 'https://evil.example' } });
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('content-security-policy')).toContain("base-uri 'none'");
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect((await fetch(`${sample.url}/docs`)).headers.get('content-security-policy')).toContain(
      "script-src 'self'",
    );
  });
});
