import { type Message, MessageReader, readProblem } from '@acci/rest/testing';
import { EventSource } from 'eventsource';
import { Account } from '../fixtures/account.js';
import { Invoice } from '../fixtures/examples/invoice.js';
import { adapters, EventsServer } from '../spec-support/events-server.js';
import { ctx, other, useEventsServer, useHistory } from '../spec-support/history.js';
import { testContext } from '../testing/context.js';

const bank = useHistory();
const told = (messages: readonly Message[]) =>
  messages.map(({ data }) => [data.streamId, data.version, data.part, data.type]);

describe.each(adapters)('GET /v1/events/stream on %s', (adapter) => {
  const at = useEventsServer(adapter, bank);
  const open: MessageReader[] = [];
  afterEach(() => Promise.all(open.splice(0).map((reader) => reader.close())));
  const follow = async (tenantId: string, query = '', lastEventId?: string) => {
    const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return read(`/v1/events/stream${query}`, tenantId, headers);
  };
  const read = async (path: string, tenantId: string, headers: Record<string, string> = {}) => {
    const reader = await MessageReader.of(at.server.fetch(path, tenantId, headers));
    open.push(reader);
    return reader;
  };
  /** By another process, as far as the server knows. */
  const deposit = async (context: typeof ctx, id: string, ...amounts: number[]) => {
    const account = await bank.store.load(context, Account, id).catch(() => Account.open(id, id));
    for (const amount of amounts) account.deposit(amount);
    await bank.store.save(context, account);
  };

  it('tells what happens from now on, to those of the tenant alone', async () => {
    const [mine, theirs] = [testContext(), testContext()];
    await deposit(mine, 'before', 1);
    const [first, second, third] = await Promise.all([
      follow(mine.tenantId),
      follow(mine.tenantId),
      follow(theirs.tenantId),
    ]);
    await deposit(mine, 'a', 1, 2);
    await deposit(theirs, 'b');
    const events = await first.take(3);
    expect(told(events)).toEqual([
      ['a', 1, undefined, 'bank.account.opened'],
      ['a', 2, undefined, 'bank.account.deposited'],
      ['a', 3, undefined, 'bank.account.deposited'],
    ]);
    expect(told(await second.take(3))).toEqual(told(events));
    expect(told(await third.take(1))).toEqual([['b', 1, undefined, 'bank.account.opened']]);
    const page = await at.server.page('/v1/events?limit=200', mine.tenantId);
    expect(page.items.slice(-3)).toEqual(events.map(({ data }) => data as unknown));
  });

  it('has the cursors of the feed, both ways', async () => {
    const { resume } = await at.server.page('/v1/events?types=bank.account.deposited&limit=2', ctx.tenantId);
    const path = '?types=bank.account.deposited';
    const reader = await follow(ctx.tenantId, `${path}&cursor=${resume}`);
    const [third] = await reader.take(1);
    expect(told([third as Message])).toEqual([['a/1', 4, undefined, 'bank.account.deposited']]);
    const page = await at.server.page(`/v1/events${path}&cursor=${reader.lastEventId}`, ctx.tenantId);
    expect(page.items.map(({ version }) => version)).toEqual([5]);
    // What the client has seen last wins over where its address says to begin.
    const again = await follow(ctx.tenantId, `${path}&cursor=${resume}`, reader.lastEventId);
    expect(told(await again.take(1))).toEqual([['a/1', 5, undefined, 'bank.account.deposited']]);
  });

  it('lets a client that was cut off between the parts of an event have all of them again', async () => {
    const { resume } = await at.server.page('/v1/events?limit=6', ctx.tenantId);
    const reader = await follow(ctx.tenantId, `?cursor=${resume}`);
    expect(told(await reader.take(1))).toEqual([['i-1', 3, undefined, 'shop.invoice.paid']]);
    const again = await follow(ctx.tenantId, '', reader.lastEventId);
    expect(told(await again.take(3))).toEqual([
      ['i-1', 3, undefined, 'shop.invoice.paid'],
      ['i-1', 3, 1, 'shop.invoice.reduced'],
      ['i-1', 4, undefined, 'shop.invoice.paid'],
    ]);
    const behind = await follow(ctx.tenantId, '', again.lastEventId);
    await deposit(ctx, 'parts');
    expect(told(await behind.take(1))).toEqual([['parts', 1, undefined, 'bank.account.opened']]);
  });

  it.each([
    ['types=bank.account.closed', 2],
    ['streamId=mine', 1],
    ['streamType=bank.account&types=bank.account.closed', 2],
    ['correlationId=c-9', 2],
    ['causationId=e-9', 2],
  ])('filters by %s, what is stored and what happens', async (filter, version) => {
    const fresh = testContext();
    const { resume } = await at.server.page(`/v1/events?${filter}`, fresh.tenantId);
    const live = await follow(fresh.tenantId, `?${filter}`);
    const mine = Account.open('mine', 'Mine');
    await bank.store.save(fresh, Account.open('elsewhere', 'Elsewhere'));
    await bank.store.save(fresh, mine);
    mine.close();
    await bank.store.save({ ...fresh, correlationId: 'c-9', causationId: 'e-9' }, mine);
    const stored = await follow(fresh.tenantId, `?${filter}&cursor=${resume}`);
    for (const reader of [live, stored]) {
      expect(told(await reader.take(1))).toEqual([['mine', version, undefined, expect.anything()]]);
    }
  });

  it('shows events as they are stored, if asked to', async () => {
    const fresh = testContext();
    const reader = await follow(fresh.tenantId, '?raw=true&types=bank.account.opened');
    await deposit(fresh, 'raw', 1);
    await deposit(fresh, 'raw-2');
    expect(told(await reader.take(2)).map(([id]) => id)).toEqual(['raw', 'raw-2']);
  });

  it('shows an event only when nothing can come before it any more, and then loses none', async () => {
    const fresh = testContext();
    const reader = await follow(fresh.tenantId);
    const [inserted, proceed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = bank.db.database.inTenant(fresh.tenantId, async () => {
      await bank.store.save(fresh, Account.open('slow', 'Slow'));
      await bank.db.database.inTenant(fresh.tenantId, (tx) => tx.query('select 1'));
      inserted.resolve();
      await proceed.promise;
    });
    await inserted.promise;
    await bank.store.save(fresh, Account.open('quick', 'Quick'));
    proceed.resolve();
    await slow;
    expect(told(await reader.take(2)).map(([id]) => id)).toEqual(['slow', 'quick']);
  });

  it('gives everything once and in order to those who come in the middle of many writes', async () => {
    const fresh = testContext();
    const start = await follow(fresh.tenantId);
    const from = start.lastEventId;
    const total = 300;
    const writes = (async () => {
      for (let index = 0; index < total; index += 1) await deposit(fresh, `w-${index}`);
    })();
    const readers = [start];
    for (let index = 0; index < 6; index += 1) {
      readers.push(await follow(fresh.tenantId, '', from));
      await start.take(20);
    }
    await writes;
    for (const reader of readers.slice(1)) {
      const ids = told(await reader.take(total)).map(([id]) => id);
      expect(ids).toEqual(Array.from({ length: total }, (_, index) => `w-${index}`));
    }
    const positions = new Set((await start.take(total - 120)).map(({ id }) => id));
    expect(positions.size).toBe(total - 120);
  }, 120_000);

  it('refuses cursors of other tenants, other filters and other lists', async () => {
    const foreign = (await follow(other.tenantId)).lastEventId;
    const filtered = (await follow(ctx.tenantId, '?types=bank.account.closed')).lastEventId;
    const own = (await follow(ctx.tenantId)).lastEventId;
    const page = await at.server.page('/v1/event-streams/bank.account/a%2F1?limit=1', ctx.tenantId);
    for (const [query, header] of [
      ['', foreign],
      ['', filtered],
      ['?streamId=x', own],
      ['?raw=true', own],
      ['', page.next ?? ''],
      [`?cursor=${foreign}`, undefined],
      ['', 'x'],
    ] as const) {
      const answer = await at.server.fetch(`/v1/events/stream${query}`, ctx.tenantId, {
        ...(header !== undefined && { 'last-event-id': header }),
      });
      expect(await readProblem(answer)).toMatchObject({ status: 400, code: 'request.cursor.invalid' });
    }
    for (const query of ['?types=x', '?raw=perhaps', '?streamId=%00']) {
      const answer = await at.server.fetch(`/v1/events/stream${query}`, ctx.tenantId);
      expect((await readProblem(answer)).status).toBe(400);
    }
  });

  it('follows one stream, stored or shown, and from where a client has been', async () => {
    const [mine, theirs] = [testContext(), testContext()];
    for (const context of [mine, theirs]) await deposit(context, 'a/1', 1);
    const path = '/v1/event-streams/bank.account/a%2F1/stream';
    const [shown, stored] = await Promise.all([
      read(path, mine.tenantId),
      read(`${path}?raw=true`, mine.tenantId),
    ]);
    await deposit(mine, 'elsewhere');
    await deposit(theirs, 'a/1', 7);
    await deposit(mine, 'a/1', 2, 3);
    const [third] = await shown.take(1);
    expect(third?.data).toMatchObject({ streamId: 'a/1', version: 3, data: { amount: 2 } });
    expect(told(await stored.take(2)).map(([, version]) => version)).toEqual([3, 4]);
    const headers = { 'last-event-id': shown.lastEventId };
    const resumed = await read(path, mine.tenantId, headers);
    expect(told(await resumed.take(1)).map(([, version]) => version)).toEqual([4]);

    const refused = async (address: string) =>
      (await readProblem(await at.server.fetch(address, mine.tenantId, headers))).code;
    expect(await refused(`${path}?raw=true`)).toBe('request.cursor.invalid');
    expect(await refused('/v1/event-streams/bank.account/elsewhere/stream')).toBe('request.cursor.invalid');
    expect(await refused('/v1/events/stream')).toBe('request.cursor.invalid');
    const nothing = await at.server.fetch('/v1/event-streams/bank.account/nobody/stream', mine.tenantId);
    expect(await readProblem(nothing)).toMatchObject({ status: 404, code: 'event_store.stream.not_found' });
  });

  it('asks for the permission of the list', async () => {
    const answer = await at.server.fetch('/v1/events/stream', ctx.tenantId, { 'x-without': 'events.read' });
    expect((await readProblem(answer)).status).toBe(403);
    const ofStream = await at.server.fetch('/v1/event-streams/bank.account/a%2F1/stream', ctx.tenantId, {
      'x-without': 'events.streams.read',
    });
    expect((await readProblem(ofStream)).status).toBe(403);
  });
});

it('a client that reconnects by itself misses nothing while the server is away', async () => {
  const fresh = testContext();
  let server = await EventsServer.start('fastify', bank.db.database, [Account, Invoice]);
  const { port } = new URL(server.url);
  const seen: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const source = new EventSource(`${server.url}/v1/events/stream`, {
    fetch: (input, init) =>
      fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${fresh.tenantId}` } }),
  });
  source.addEventListener('message', ({ data, lastEventId }) => {
    expect(lastEventId).not.toBe('');
    seen.push((JSON.parse(data as string) as { streamId: string }).streamId);
    if (seen.at(-1) === 'after') arrived.resolve();
  });
  await new Promise((resolve) => source.addEventListener('open', resolve, { once: true }));
  await bank.store.save(fresh, Account.open('before', 'Before'));
  while (seen.length === 0)
    await new Promise((resolve) => source.addEventListener('message', resolve, { once: true }));
  await server.close();
  await bank.store.save(fresh, Account.open('meanwhile', 'Meanwhile'));
  server = await EventsServer.start('fastify', bank.db.database, [Account, Invoice], [], Number(port));
  await bank.store.save(fresh, Account.open('after', 'After'));
  await arrived.promise;
  source.close();
  await server.close();
  expect(seen).toEqual(['before', 'meanwhile', 'after']);
});
