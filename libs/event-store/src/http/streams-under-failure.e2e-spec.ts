import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import { MessageReader } from '@acci/rest/testing';
import { Account } from '../fixtures/account.js';
import { ReplicatedBank } from '../fixtures/replicated-bank.js';
import { EventsServer } from '../spec-support/events-server.js';
import { testContext } from '../testing/context.js';

const ctx = testContext();
const last = 'last';

let bank: ReplicatedBank;
let server: EventsServer;
beforeEach(async () => {
  bank = await ReplicatedBank.open();
  server = await serve();
});
afterEach(async () => {
  await server?.close();
  await bank?.close();
});

const serve = (port = 0) => EventsServer.start('fastify', bank.database, [Account], [], port);

/** Opens accounts, so many in addition; while the database is away it tries again and again. */
async function open(count: number): Promise<void> {
  for (let opened = 0; opened < count;) {
    const id = uuidv7();
    try {
      await bank.store.save(ctx, Account.open(id, id));
      opened += 1;
    } catch {
      await sleep(5);
    }
  }
}

/** Follows the tenant until the last event, coming back with what was seen last whenever it is cut off. */
async function follow(began: () => void): Promise<{ ids: string[]; connections: number }> {
  const ids: string[] = [];
  let [lastEventId, connections, done] = ['', 0, false];
  while (!done) {
    const headers: Record<string, string> = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
    const answer = server.fetch('/v1/events/stream', ctx.tenantId, headers);
    const reader = await MessageReader.of(answer).catch(() => undefined);
    if (!reader) {
      await sleep(20);
      continue;
    }
    connections += 1;
    lastEventId = reader.lastEventId;
    began();
    for (;;) {
      const message = await reader.next().catch(() => undefined);
      if (message?.data?.id === undefined) {
        if (message && message.event === undefined) continue;
        break;
      }
      ids.push(String(message.data.id));
      lastEventId = reader.lastEventId;
      done = message.data.streamId === last;
      if (done) break;
    }
    await reader.close().catch(() => {});
  }
  return { ids, connections };
}

it('a replica takes over and the server is started anew, under load: who follows misses nothing, and gets nothing twice', async () => {
  const began = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const following = began.map(({ resolve }) => follow(resolve));
  await Promise.all(began.map(({ promise }) => promise));
  await open(40);
  const opening = open(80);
  await bank.failOver();
  await opening;
  const again = open(80);
  const { port } = new URL(server.url);
  await server.close();
  server = await serve(Number(port));
  await again;
  await bank.store.save(ctx, Account.open(last, last));
  const log = (await bank.log()).map(({ id }) => id);
  const kept = new Set(log);
  expect(log.length).toBeGreaterThan(160);
  for (const { ids, connections } of await Promise.all(following)) {
    // What else was seen, the old primary had not passed on.
    expect(ids.filter((id) => kept.has(id))).toEqual(log);
    expect(new Set(ids).size).toBe(ids.length);
    expect(connections).toBeGreaterThan(1);
  }
});
