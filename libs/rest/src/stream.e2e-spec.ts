import { setTimeout as sleep } from 'node:timers/promises';
import { readProblem } from './testing.js';
import { TickServer } from './spec-support/tick-server.js';
import { encodeCursor, openApiDocument } from './index.js';
import { OPENAPI } from './spec-support/sample-app.js';

const adapters = ['fastify', 'express'] as const;
/** Waits until a number stays what it is. */
async function settled(read: () => number): Promise<void> {
  for (let before = -1; before !== read(); await sleep(200)) before = read();
}

const idOf = (text: string) => /(?:^|\n)id: (\S+)\n(?!.*\nid: )/s.exec(text)?.[1] ?? '';

describe.each(adapters)('a live stream on %s', (adapter) => {
  let server: TickServer;
  const start = async (options: Parameters<typeof TickServer.start>[1] = {}) => {
    server = await TickServer.start(adapter, options);
    return server;
  };
  afterEach(() => server.app.close());

  it('says at once where it begins, and nothing on the way holds it back', async () => {
    const { tickers } = await start();
    tickers.add('before');
    const client = await server.open();
    expect(client.response.statusCode).toBe(200);
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    expect(client.response.headers['content-length']).toBeUndefined();
    expect(await client.until('\n\n')).toMatch(/^retry: [12]\d{3}\nid: WzFd\n\n$/);
    tickers.add('one', 'gone');
    expect(await client.until('removed')).toContain(
      `id: ${encodeCursor([2])}\ndata: {"number":2,"text":"one"}\n\nid: ${encodeCursor([3])}\nevent: removed`,
    );
  });

  it('goes on behind the last message that a client saw', async () => {
    const { tickers } = await start();
    tickers.add(...Array.from({ length: 35 }, (_, index) => `tick ${index + 1}.`));
    const first = await server.open('acme', { 'last-event-id': encodeCursor([0]) });
    const seen = await first.until('tick 12.');
    first.leave();
    const second = await server.open('acme', { 'last-event-id': idOf(seen) });
    const all = seen + (await second.until('tick 35.'));
    const numbers = [...all.matchAll(/tick (\d+)\./g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['another shape', encodeCursor(['x'])],
    ['two of them', `${encodeCursor([1])}, ${encodeCursor([1])}`],
    ['a very long one', 'A'.repeat(4_000)],
  ])('answers a problem to a Last-Event-ID that is %s', async (_what, id) => {
    await start();
    const answer = await fetch(`http://127.0.0.1:${server.port}/v1/ticks/stream`, {
      headers: { authorization: 'Bearer acme', 'last-event-id': id },
    });
    expect(await readProblem(answer)).toMatchObject({ status: 400, code: 'request.cursor.invalid' });
  });

  it('answers HEAD with the head alone', async () => {
    await start();
    const client = await server.open('acme', {}, 'HEAD');
    expect(client.response.headers['content-type']).toBe('text/event-stream');
    expect(await client.rest()).toBe('');
  });

  it('is not silent for long', async () => {
    await start({ streams: { heartbeatMs: 1 } });
    const client = await server.open();
    await client.until('\n:\n\n');
  });

  it('keeps nothing for readers that do not read, and gives them everything once they do', async () => {
    const { tickers } = await start();
    const clients = await Promise.all(Array.from({ length: 5 }, () => server.open()));
    const texts = Array.from({ length: 400 }, (_, index) => `${index}.${'x'.repeat(50_000)}`);
    tickers.add(...texts);
    const quick = await server.open('acme', { 'last-event-id': encodeCursor([0]) });
    await quick.until('"399.');
    await settled(() => tickers.reads);
    // 20 MB for each: what the connections take, some megabytes, and then nothing more is read for them, let alone kept.
    expect(server.waitingBytes()).toBeLessThan(5 * 60_000);
    for (const client of clients) {
      const read = await client.until('"399.');
      expect([...read.matchAll(/"(\d+)\.x/g)].map(([, number]) => Number(number))).toEqual(
        texts.map((_, i) => i),
      );
    }
  });

  it('cuts off readers for whom there is no room', async () => {
    const { tickers } = await start({ streams: { maxWaitingBytes: 2_000_000 } });
    await Promise.all(Array.from({ length: 4 }, () => server.open()));
    // More than connections take: what is left of it would wait in our memory. Clients come back with their cursors.
    tickers.add('x'.repeat(16_000_000));
    await server.connections(0);
  });

  it('cuts off a reader that takes nothing', async () => {
    const { tickers } = await start({ streams: { slowMs: 1 } });
    await server.open();
    tickers.add('x'.repeat(16_000_000));
    await server.connections(0);
  });

  it('ends when its reader may not read any more, also while nothing happens', async () => {
    const { tickers } = await start({ streams: { recheckMs: 1 } });
    const client = await server.open();
    await client.until('\n\n');
    tickers.revoked.add('acme');
    const last = await client.rest();
    expect(last).toMatch(
      /^event: problem\ndata: \{.*"status":401.*"code":"auth.credentials.invalid".*\}\n\n$/,
    );
    expect((await server.open()).response.statusCode).toBe(401);
  });

  it('asks once more a moment after something happened, which other processes may hear of later', async () => {
    const { tickers } = await start({ streams: { recheckMs: 3_600_000 } });
    const client = await server.open();
    await client.until('\n\n');
    await tickers.asked(1);
    tickers.add('one');
    await client.until('one');
    tickers.revoked.add('acme');
    expect(await client.rest()).toContain('auth.credentials.invalid');
  });

  it('tells nothing while nobody can say whether it may', async () => {
    const { tickers } = await start({ streams: { recheckMs: 1 } });
    const client = await server.open();
    await client.until('\n\n');
    tickers.unsure = true;
    // Asked in vain by the timer, and then before anything is sent.
    await tickers.asked(3);
    tickers.add('for whom?');
    await tickers.asked(3);
    tickers.revoked.add('acme');
    tickers.unsure = false;
    expect(await client.rest()).not.toContain('for whom?');
  });

  it('does not outlive a guard that cannot be asked again', async () => {
    await start({ streams: { uncheckedMs: 1 } });
    const client = await server.open('unasked');
    expect(await client.rest()).not.toContain('problem');
  });

  it('has no more than so many, for all and for a tenant', async () => {
    await start({ streams: { max: 3, maxPerTenant: 2 } });
    const [first] = await Promise.all([server.open('acme'), server.open('acme')]);
    const third = await server.open('acme');
    expect(third.response).toMatchObject({ statusCode: 429, headers: { 'retry-after': '5' } });
    expect(await third.rest()).toContain('request.streams.too_many');
    const others = await server.open('globex');
    expect((await server.open('umbrella')).response.statusCode).toBe(503);
    others.leave();
    first.leave();
    // The server hears of it a moment later.
    for (let status = 0; status !== 200;) {
      const client = await server.open('globex');
      status = client.response.statusCode ?? 0;
    }
  });

  it('ends at a shutdown, whether its reader reads or not', async () => {
    const { tickers } = await start();
    const [reading, stuck] = await Promise.all([server.open(), server.open()]);
    tickers.add('x'.repeat(16_000_000));
    const all = reading.rest();
    await server.app.close();
    // It ends in the middle, for a client that will come back.
    expect((await all).length + (await stuck.rest()).length).toBeLessThan(32_000_000);
    await start();
  });

  it('is documented', async () => {
    await start();
    const document = openApiDocument(server.app, OPENAPI);
    const operation = document.paths['/v1/ticks/stream']?.get;
    expect(operation?.responses['200']).toMatchObject({
      content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/Tick' } } },
    });
    expect(operation?.parameters).toContainEqual(
      expect.objectContaining({ name: 'Last-Event-ID', in: 'header', required: false }),
    );
  });
});
