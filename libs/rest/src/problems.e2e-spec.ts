import { connect } from 'node:net';
import { ADAPTERS, Sample } from './spec-support/sample-app.js';
import { readProblem } from './testing.js';

describe.each(ADAPTERS)('problems on %s', (adapter) => {
  let sample: Sample;

  beforeAll(async () => {
    sample = await Sample.start(adapter, { bodyLimitBytes: 2_000 });
  });
  afterAll(() => sample.app.close());

  const raw = (request: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(sample.port, '127.0.0.1', () => socket.write(request));
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });

  it.each([
    ['an unknown route', '/v1/nowhere?token=secret', 404, 'request.route.not_found'],
    ['an unknown version', '/v2/things', 404, 'request.route.not_found'],
    ['a bad escape in the URL', '/v1/things/%E0%A4%A', 400, 'request.malformed'],
    ['a NotFoundException', '/v1/things/missing', 404, 'request.resource.not_found'],
    ['a coded error', '/v1/fail/forbidden', 403, 'sample.thing.forbidden'],
    ['a coded error that passes', '/v1/fail/busy', 503, 'database.busy'],
    ['an unexpected error', '/v1/fail/else', 500, 'internal_error'],
    ['a thrown string', '/v1/fail/thrown-string', 500, 'internal_error'],
    ['an answer its schema refuses', '/v1/fail/shape', 500, 'internal_error'],
  ])('answers %s', async (_what, path, status, code) => {
    const response = await sample.fetch(path);
    const problem = await readProblem(response);
    expect(problem).toMatchObject({ status, code, type: `urn:acci:problem:${code}` });
    expect(problem.correlationId).toBe(response.headers.get('x-correlation-id'));
    expect(JSON.stringify(problem)).not.toMatch(/hunter2|secret|stack/);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('names the path and not the query', async () => {
    const problem = await readProblem(await sample.fetch('/v1/nowhere?token=secret'));
    expect(problem.instance).toBe('/v1/nowhere');
  });

  it('says when to come back', async () => {
    expect((await sample.fetch('/v1/fail/busy')).headers.get('retry-after')).toBe('2');
    const limited = await sample.fetch('/v1/fail/limited');
    expect(limited.headers.get('retry-after')).toBe('2');
    expect(await readProblem(limited)).toMatchObject({ code: 'sample.limited', left: 0 });
  });

  it('asks for credentials', async () => {
    const response = await fetch(`${sample.url}/v1/things`);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await readProblem(response)).toMatchObject({ status: 401, code: 'auth.credentials.missing' });
  });

  it.each([
    ['malformed JSON', '{"name": "lamp', 'application/json', 400, 'request.malformed'],
    ['an empty body', '', 'application/json', 400, undefined],
    ['no JSON', 'name=lamp', 'text/plain', 415, 'request.media_type.unsupported'],
    ['a form', 'name=lamp', 'application/x-www-form-urlencoded', 415, 'request.media_type.unsupported'],
    [
      'too large a body',
      JSON.stringify({ name: 'a'.repeat(3_000) }),
      'application/json',
      413,
      'request.body.too_large',
    ],
    ['deep nesting', '['.repeat(900) + ']'.repeat(900), 'application/json', 400, 'request.invalid'],
    ['a number', '1', 'application/json', 400, undefined],
    ['an unknown charset', '{"name":"lamp"}', 'application/json; charset=klingon', undefined, undefined],
  ])('refuses %s', async (_what, body, type, status, code) => {
    const response = await sample.fetch('/v1/things', {
      method: 'POST',
      body,
      headers: { 'Content-Type': type },
    });
    if (status === undefined && response.status === 201) return;
    const problem = await readProblem(response);
    expect(problem.status).toBe(status ?? problem.status);
    expect(problem.status).toBeLessThan(500);
    expect(problem.code).toBe(code ?? problem.code);
    expect(JSON.stringify(problem)).not.toContain('lamp');
  });

  it('says what is wrong and where', async () => {
    const response = await sample.send('POST', '/v1/things', { name: '', tags: ['ok', 'long'], 'a/b': 1 });
    const problem = await readProblem(response);
    expect(problem).toMatchObject({ status: 400, code: 'request.invalid' });
    expect(problem.errors?.map((error) => [error.in, error.pointer])).toEqual([
      ['body', '/name'],
      ['body', '/tags/1'],
    ]);
    const query = await readProblem(await sample.fetch('/v1/things?limit=99'));
    expect(query.errors).toMatchObject([{ in: 'query', pointer: '/limit' }]);
  });

  it('lists a bounded number of errors', async () => {
    const tags = Array.from({ length: 150 }, () => 'long');
    const problem = await readProblem(await sample.send('POST', '/v1/things', { name: 'a', tags }));
    expect(problem.errors).toHaveLength(100);
  });

  it.each([
    ['plain', '{"name":"a","__proto__":{"polluted":true}}'],
    ['escaped', String.raw`{"name":"a","__\u0070r\u006Ft\u006f\u005F_" : {"polluted":true}}`],
    ['further down', '{"name":"a","tags":[{"__proto__":null}]}'],
  ])('takes no prototype from JSON: %s', async (_where, body) => {
    const problem = await readProblem(await sample.send('POST', '/v1/things', body));
    expect(problem).toMatchObject({ status: 400, code: 'request.malformed' });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('takes no invalid UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const response = await sample.fetch('/v1/things', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json' },
    });
    expect(await readProblem(response)).toMatchObject({ status: 400, code: 'request.malformed' });
  });

  it('takes a text about prototypes', async () => {
    const response = await sample.send('POST', '/v1/things', { name: '"__proto__":\u005f' });
    expect(response.status).toBe(201);
  });

  it('answers what is no HTTP with a problem', async () => {
    const answer = await raw('GET / HTTP/9.9\r\nnonsense\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
  });

  it('answers headers that are too large', async () => {
    const answer = await raw(`GET /v1/things HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('request.headers.too_large');
  });

  it('lets nothing leave that the schema does not name', async () => {
    const thing = await (await sample.fetch('/v1/things/1')).json();
    expect(thing).toEqual({ id: '1', name: 'lamp', version: 7 });
  });
});
