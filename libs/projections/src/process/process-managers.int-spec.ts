import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { Account } from '../fixtures/bank.js';
import { createTestDatabase, until } from '../fixtures/program.js';
import { hastyReactions, reactingApp, Transfer, Transfers } from '../fixtures/transfers.js';
import { DeadLetters, Projections, Reactions } from '../index.js';
import { Lanes } from '../reaction/lanes.js';
import { LaneWork } from '../reaction/lane-work.js';
import type { Reaction } from '../reaction/reaction.js';
import { ReactionRegistry } from '../reaction/reaction-registry.js';
import { reactionSettings } from '../reaction/reactions.options.js';

const ctx = testContext();
const source = join(import.meta.dirname, '..');
let db: TestDatabase;
const apps: INestApplicationContext[] = [];

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await db.close();
});

async function start(options: Parameters<typeof reactingApp>[2] = {}): Promise<INestApplicationContext> {
  const app = await reactingApp(db.urls, [Transfers], options);
  apps.push(app);
  return app;
}

/** Opens two accounts and orders a transfer between them. */
async function order(app: INestApplicationContext, to = uuidv7(), waitMs?: number): Promise<string> {
  const [id, from] = [uuidv7(), uuidv7()];
  const store = app.get(EventStore);
  await store.saveAll(ctx, [Account.open(from), ...(to.includes(' ') ? [] : [Account.open(to)])]);
  await store.save(ctx, Transfer.order(id, { from, to, amount: 5, ...(waitMs && { waitMs }) }));
  return id;
}

/** What was moved, in the order it was. */
async function moved(): Promise<number[]> {
  const rows = await db.admin<{ amount: number }>(
    `select (data->>'amount')::int as amount from acci.events where type = 'bank.account.money_moved' order by position`,
  );
  return rows.map(({ amount }) => amount);
}

async function idle(): Promise<void> {
  await until(async () => (await db.admin('select from acci.reaction_deliveries')).length === 0);
}

const stateOf = (app: INestApplicationContext, id: string) =>
  app.get(Reactions).process(ctx, 'bank.transfers', id);

it('goes from an event to its commands, on behalf of the process', async () => {
  const app = await start();
  const id = await order(app);
  await until(async () => (await moved()).length === 2);
  await idle();
  expect(await moved()).toEqual([-5, 5]);
  expect(await stateOf(app, id)).toMatchObject({ status: 'completed', version: 1, state: { step: 'done' } });
  const [event] = await db.admin<{ metadata: Record<string, string> }>(
    `select metadata from acci.events where type = 'bank.account.money_moved' limit 1`,
  );
  expect(event?.metadata).toMatchObject({
    actor: 'process:bank.transfers',
    correlationId: ctx.correlationId,
    commandId: expect.stringMatching(/^bank\.transfers\/[0-9a-f-]{36}$/),
  });
});

it.each([1, 2])(
  'sends each command once, also when killed between command %i and the note of it',
  async (last) => {
    const idler = await start({ worker: false, runner: false });
    const child = spawn(
      process.execPath,
      [
        '--conditions=@acci/source',
        '--import',
        join(source, '../../../test/setup/sources.ts'),
        join(source, 'fixtures/reactor.ts'),
        db.urls.app,
        db.urls.system,
        db.urls.owner,
        String(last),
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const ended = once(child, 'exit');
    const id = await order(idler);
    const [, signal] = (await ended) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    expect(await moved()).toEqual([-5, 5].slice(0, last));
    expect(await db.admin(`select from acci.reaction_deliveries where kind = 'command'`)).toHaveLength(
      3 - last,
    );

    const app = await start();
    await idle();
    expect(await moved()).toEqual([-5, 5]);
    expect(await stateOf(app, id)).toMatchObject({ status: 'completed' });
  },
);

it('is not moved by 50 workers that believe to have the same lease', async () => {
  const app = await start({ worker: false });
  const id = await order(app);
  await until(async () => (await db.admin('select from acci.reaction_lanes')).length === 1);
  const lanes = new Lanes(app.get(Database), 'test', 10_000);
  const reaction = app.get(ReactionRegistry).find('bank.transfers') as Reaction;
  const [lease] = await lanes.take(new Map([[reaction, 10]]));
  const tools = {
    store: app.get(EventStore),
    lanes,
    settings: reactionSettings(hastyReactions),
    logger: new Logger('test'),
    stopping: new AbortController().signal,
  };
  if (!lease) throw new Error('There is nothing to do');
  await Promise.all(Array.from({ length: 50 }, () => new LaneWork(reaction, lease, tools).run()));
  expect(await moved()).toEqual([-5, 5]);
  expect(await stateOf(app, id)).toMatchObject({ status: 'completed' });
  expect(await db.admin('select from acci.reaction_deliveries')).toEqual([]);
});

it('makes good what it has done when a command is refused', async () => {
  const app = await start();
  const id = await order(app, 'closed account');
  await until(async () => (await stateOf(app, id))?.status === 'completed');
  await idle();
  expect(await moved()).toEqual([-5, 5]);
  expect(await stateOf(app, id)).toMatchObject({ status: 'completed', state: { step: 'undone' } });
});

it('fires a timer once, also after a restart, and not before its time', async () => {
  const first = await start();
  const id = await order(first, undefined, 400);
  await until(async () => (await stateOf(first, id)) !== undefined);
  await Promise.all(apps.splice(0).map((app) => app.close()));
  expect(await moved()).toEqual([]);
  const [timer] = await db.admin<{ due: Date }>(`select due_at as due from acci.reaction_deliveries`);
  await Promise.all([start(), start()]);
  await until(async () => (await moved()).length === 2);
  await idle();
  await sleep(50);
  expect(await moved()).toEqual([-5, 5]);
  const [fired] = await db.admin<{ at: Date }>(
    `select min(recorded_at) as at from acci.events where type = 'bank.account.money_moved'`,
  );
  expect(Number(fired?.at)).toBeGreaterThanOrEqual(Number(timer?.due) - 1);
});

it('never sends again in a rebuild', async () => {
  const app = await start();
  await order(app);
  await until(async () => (await moved()).length === 2);
  await idle();
  const before = await db.admin('select * from acci.reaction_lanes');
  await app.get(Projections).rebuild(ctx, 'bank.transfers', { reason: 'test' });
  await order(app);
  await until(async () => (await moved()).length === 4);
  await idle();
  expect(await moved()).toEqual([-5, 5, -5, 5]);
  expect(await db.admin('select * from acci.reaction_lanes')).toEqual(expect.arrayContaining(before));
});

it('takes no second step while the first one’s command fails, and goes on when that is retried', async () => {
  const app = await start();
  const store = app.get(EventStore);
  const id = await order(app, 'broken account');
  const letters = app.get(DeadLetters);
  await until(async () => (await letters.list(ctx)).length === 1);
  await store.update(ctx, Transfer, id, (transfer) => transfer.note(1));
  await until(async () => (await letters.list(ctx))[0]?.waiting === 1);
  const [letter] = await letters.list(ctx);
  expect(letter).toMatchObject({
    kind: 'command',
    name: 'MoveMoney',
    lane: id,
    event: undefined,
    attempts: 3,
  });
  await db.admin(
    `update acci.reaction_deliveries set data = replace(data::text, 'broken account', $1)::json where kind = 'command'`,
    [await anAccount(store)],
  );
  await letters.retry(ctx, letter?.id ?? '', { reason: 'mended' });
  await idle();
  expect(await moved()).toEqual([-5, 5]);
  expect(await letters.list(ctx)).toEqual([]);
});

async function anAccount(store: EventStore): Promise<string> {
  const id = uuidv7();
  await store.save(ctx, Account.open(id));
  return id;
}
