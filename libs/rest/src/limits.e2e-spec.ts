import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADAPTERS, Sample } from './spec-support/sample-app.js';
import { readProblem } from './testing.js';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe.each(ADAPTERS)('limits on %s', (adapter) => {
  let sample: Sample;
  afterEach(() => sample.app.close());

  it('limits an identity', async () => {
    sample = await Sample.start(adapter, { rateLimits: { identity: { limit: 2, windowSeconds: 60 } } });
    const first = await sample.fetch('/v1/things/1');
    expect(first.headers.get('ratelimit-policy')).toBe('"identity";q=2;w=60');
    expect(first.headers.get('ratelimit')).toBe('"identity";r=1;t=60');
    await sample.fetch('/v1/things/1');
    const refused = await sample.fetch('/v1/things/1');
    expect(await readProblem(refused)).toMatchObject({ status: 429, code: 'request.rate_limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(refused.headers.get('ratelimit')).toMatch(/^"identity";r=0;t=\d+$/);
    const other = await sample.fetch('/v1/things/1', { headers: { Authorization: 'Bearer bob' } });
    expect(other.status).toBe(200);
  });

  it('counts what an identity is refused', async () => {
    sample = await Sample.start(adapter, { rateLimits: { identity: { limit: 2, windowSeconds: 60 } } });
    const headers = { Authorization: 'Bearer reader' };
    for (let index = 0; index < 2; index += 1)
      expect((await sample.fetch('/v1/things/1/secret', { method: 'POST', headers })).status).toBe(403);
    expect((await sample.fetch('/v1/things/1', { headers })).status).toBe(429);
  });

  it('limits an address that nobody is identified at, refusals included', async () => {
    sample = await Sample.start(adapter, { rateLimits: { address: { limit: 2, windowSeconds: 1 } } });
    const statuses: number[] = [];
    // As many as come within a second, which on a busy machine may be few.
    while (statuses.at(-1) !== 429) statuses.push((await fetch(`${sample.url}/v1/things/1`)).status);
    expect(statuses.slice(0, 2)).toEqual([401, 401]);
    await sleep(1_100);
    expect((await fetch(`${sample.url}/v1/fail/forbidden`)).status).toBe(403);
  });

  it('limits a route that has a limit of its own, and says so beside the general one', async () => {
    sample = await Sample.start(adapter);
    const issue = (who: string) =>
      sample.fetch('/v1/things/1/secret', { method: 'POST', headers: { Authorization: `Bearer ${who}` } });
    const first = await issue('alice');
    expect(first.headers.get('ratelimit-policy')).toBe('"identity";q=6000;w=60, "secrets";q=20;w=60');
    expect(first.headers.get('ratelimit')).toBe('"identity";r=5999;t=60, "secrets";r=19;t=60');
    for (let index = 0; index < 19; index += 1) expect((await issue('alice')).status).toBe(201);
    const refused = await issue('alice');
    expect(await readProblem(refused)).toMatchObject({ status: 429, code: 'request.rate_limited' });
    expect(refused.headers.has('retry-after')).toBe(true);
    expect((await issue('bob')).status).toBe(201);
    expect((await sample.fetch('/v1/things/1')).status).toBe(200);
  });

  it('gives up a request that takes too long', async () => {
    sample = await Sample.start(adapter, { requestTimeoutMs: 400 });
    const response = await sample.fetch('/v1/fail/slow');
    expect(await readProblem(response)).toMatchObject({ status: 503, code: 'request.timeout' });
    await until(() => sample.journal.finished === 1);
    expect((await sample.fetch('/v1/things/1')).status).toBe(200);
  });

  it('opens CORS to the origins that are named', async () => {
    sample = await Sample.start(adapter, { cors: { origin: ['https://app.example'] } });
    const ask = (origin: string) => sample.fetch('/v1/things/1', { headers: { Origin: origin } });
    expect((await ask('https://app.example')).headers.get('access-control-allow-origin')).toBe(
      'https://app.example',
    );
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    for (const method of ['PATCH', 'PUT', 'DELETE']) {
      const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': method };
      const preflight = await fetch(`${sample.url}/v1/things/1`, { method: 'OPTIONS', headers });
      expect(preflight.headers.get('access-control-allow-methods')).toContain(method);
    }
  });

  it('finishes what is in flight before anything is torn down', async () => {
    sample = await Sample.start(adapter);
    const agent = new Agent({ keepAlive: true });
    const slow = new Promise<{ status: number; connection: string | undefined }>((resolve, reject) => {
      get(`${sample.url}/v1/fail/slow`, { agent }, (response) => {
        response.resume();
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
        );
      }).on('error', reject);
    });
    await until(() => sample.journal.begun === 1);
    const closing = sample.app.close();
    await expect(fetch(`${sample.url}/v1/things/1`)).rejects.toThrow('fetch failed');
    await expect(slow).resolves.toEqual({ status: 200, connection: 'close' });
    await closing;
    expect(sample.journal.finished).toBe(1);
  });

  it('cuts off what does not finish by the deadline', async () => {
    sample = await Sample.start(adapter, { drainMs: 100 });
    const slow = sample.fetch('/v1/fail/slow').then(
      () => 'answered',
      () => 'cut off',
    );
    await until(() => sample.journal.begun === 1);
    await sample.app.close();
    await expect(slow).resolves.toBe('cut off');
  });
});
