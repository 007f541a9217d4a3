import { setTimeout as sleep } from 'node:timers/promises';
import { Database, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore, type EventOf, type RecordedEvent } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { Account, MoneyMoved } from '../fixtures/bank.js';
import { createTestDatabase, until } from '../fixtures/program.js';
import { reactingApp } from '../fixtures/transfers.js';
import {
  DeadLetters,
  DeadLetterNotFound,
  DeadLetterSettled,
  Projections,
  Reactions,
  Subscription,
  SubscriptionNotFound,
  Undeliverable,
  type DeliveryInfo,
  type SubscriptionHandler,
} from '../index.js';
import { Lanes } from '../reaction/lanes.js';
import type { Reaction } from '../reaction/reaction.js';
import { ReactionRegistry } from '../reaction/reaction-registry.js';

type Moved = EventOf<typeof MoneyMoved>;

/** What arrived outside: the account and the amount, in the order it came. */
const arrived: { id: string; account: string; amount: number }[] = [];
/** Amounts that the outside refuses for now. */
const refused = new Set<number>();

@Subscription({ name: 'bank.statements', events: [MoneyMoved], from: 'beginning' })
class Statements implements SubscriptionHandler<Moved> {
  async deliver({ streamId: account, data: { amount } }: RecordedEvent<Moved>, { id, signal }: DeliveryInfo) {
    if (refused.has(amount)) throw new Error(`No ${account} today`);
    if (amount === 404) throw new Undeliverable('Nobody lives here');
    // One that ignores its signal.
    if (amount === 999 && !signal.aborted) await sleep(60_000, undefined, { ref: false });
    arrived.push({ id, account, amount });
  }
}

@Subscription({ name: 'bank.hasty-statements', events: [MoneyMoved], timeoutMs: 20 })
class HastyStatements extends Statements {}

const ctx = testContext({ actor: 'user:ada' });
let db: TestDatabase;
const apps: INestApplicationContext[] = [];

beforeEach(async () => {
  db = await createTestDatabase();
  arrived.length = 0;
  refused.clear();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await db.close();
});

async function start(
  reactions: Parameters<typeof reactingApp>[1] = [Statements],
  options: Parameters<typeof reactingApp>[2] = {},
): Promise<INestApplicationContext> {
  const app = await reactingApp(db.urls, reactions, options);
  apps.push(app);
  return app;
}

async function open(app: INestApplicationContext, ...amounts: number[]): Promise<string> {
  const id = uuidv7();
  await app.get(EventStore).save(ctx, Account.open(id, 'ada', ...amounts));
  return id;
}

const amounts = (account: string) =>
  arrived.filter((delivery) => delivery.account === account).map(({ amount }) => amount);
const arrivals = (count: number) => until(async () => arrived.length >= count);
const idle = () => until(async () => (await db.admin('select from acci.reaction_deliveries')).length === 0);

it('hands over every event, in the order of its stream, also where several processes do', async () => {
  const [app] = await Promise.all([start(), start(), start()]);
  const series = Array.from({ length: 10 }, (_, index) => index + 1);
  const accounts = await Promise.all(Array.from({ length: 20 }, () => open(app, ...series)));
  await arrivals(200);
  await idle();
  expect(arrived).toHaveLength(200);
  for (const account of accounts) expect(amounts(account)).toEqual(series);
});

it('holds back what comes after a failing delivery of a stream, and nothing else, until it is retried', async () => {
  const app = await start();
  const letters = app.get(DeadLetters);
  refused.add(2);
  const account = await open(app, 1, 2, 3);
  const other = await open(app, 4, 5);
  await until(async () => (await letters.list(ctx)).length === 1);
  await arrivals(3);
  expect([amounts(account), amounts(other)]).toEqual([[1], [4, 5]]);
  const [letter] = await letters.list(ctx, { status: 'open', reaction: 'bank.statements' });
  expect(letter).toMatchObject({
    reaction: 'bank.statements',
    kind: 'event',
    name: 'bank.account.money_moved',
    waiting: 1,
    event: { streamType: 'bank.account', streamId: account, version: 3 },
    attempts: 3,
    error: `Error: No ${account} today`,
    settled: undefined,
  });
  const { id = '' } = letter ?? {};
  expect(await letters.list(testContext())).toEqual([]);
  await expect(letters.retry(testContext(), id, { reason: 'not mine' })).rejects.toThrow(DeadLetterNotFound);
  expect(await app.get(Reactions).backlog()).toMatchObject([
    { name: 'bank.statements', waiting: 0, deadLetters: 1 },
  ]);

  // It fails again: the same dead letter is open anew.
  await letters.retry(ctx, id, { reason: 'let us see' });
  await until(async () => (await letters.get(ctx, id)).attempts === 6);
  refused.clear();
  expect(await letters.retry(ctx, id, { reason: 'they are back' })).toMatchObject({
    status: 'retrying',
    settled: { by: 'user:ada', reason: 'they are back' },
  });
  await idle();
  expect(amounts(account)).toEqual([1, 2, 3]);
  await expect(letters.get(ctx, id)).rejects.toThrow(DeadLetterNotFound);
  const acts = await app.get(EventStore).readStream(ctx, 'acci.dead_letter', id);
  expect(acts).toMatchObject([
    { type: 'acci.dead_letter.opened', data: { attempts: 3 } },
    {
      type: 'acci.dead_letter.retried',
      metadata: { actor: 'user:ada' },
      data: { attempts: 3, reason: 'let us see' },
    },
    { type: 'acci.dead_letter.opened', data: { attempts: 3 } },
    {
      type: 'acci.dead_letter.retried',
      data: { attempts: 6, reason: 'they are back', name: 'bank.account.money_moved' },
    },
    { type: 'acci.dead_letter.delivered', metadata: { actor: 'system:bank.statements' } },
  ]);
});

it('goes on without a dead letter that is discarded, and keeps who did that and why', async () => {
  const app = await start();
  const letters = app.get(DeadLetters);
  const account = await open(app, 404, 2, 3);
  await until(async () => (await letters.list(ctx)).length === 1);
  const [letter] = await letters.list(ctx);
  expect(letter).toMatchObject({ attempts: 1, waiting: 2 });
  const { id = '' } = letter ?? {};
  const discarded = await letters.discard(ctx, id, { reason: 'they moved' });
  expect(discarded).toMatchObject({ status: 'discarded', settled: { by: 'user:ada', reason: 'they moved' } });
  await idle();
  expect(amounts(account)).toEqual([2, 3]);
  expect(await letters.get(ctx, id)).toEqual(discarded);
  await expect(letters.discard(ctx, id, { reason: 'again' })).rejects.toThrow(DeadLetterSettled);
  expect(await app.get(EventStore).readStream(ctx, 'acci.dead_letter', id)).toMatchObject([
    { type: 'acci.dead_letter.opened', metadata: { actor: 'system:bank.statements' } },
    { type: 'acci.dead_letter.discarded', data: { reaction: 'bank.statements', reason: 'they moved' } },
  ]);
});

it('counts a delivery as failed when its time is over', async () => {
  const app = await start([HastyStatements]);
  await open(app, 999);
  await until(async () => (await app.get(DeadLetters).list(ctx)).length === 1);
  expect((await app.get(DeadLetters).list(ctx))[0]?.error).toContain('Not delivered within 20 ms');
});

it('takes over what a process that died had taken', async () => {
  const first = await start(undefined, { worker: false });
  const account = await open(first, 1, 2);
  await until(async () => (await db.admin('select from acci.reaction_deliveries')).length === 2);
  // Dead: it takes the lane and is not heard of any more.
  const reaction = first.get(ReactionRegistry).find('bank.statements') as Reaction;
  const dead = new Lanes(first.get(Database), 'dead', 60_000);
  const [lease] = await dead.take(new Map([[reaction, 1]]));
  const delivery = lease && (await dead.first(lease));
  await start();
  await sleep(50);
  expect(arrived).toEqual([]);
  await db.admin('update acci.reaction_lanes set lease_until = now()');
  await arrivals(2);
  expect(amounts(account)).toEqual([1, 2]);
  // Not dead after all; but what it notes is refused.
  if (!lease || !delivery) throw new Error('There was nothing to take');
  await expect(dead.done(lease, delivery, () => {})).rejects.toMatchObject({ code: 'LEASE' });
});

it('delivers nothing again in a rebuild, and what is asked for in a replay', async () => {
  const app = await start();
  const account = await open(app, 1, 2, 3);
  await arrivals(3);
  const projections = app.get(Projections);
  await projections.rebuild(ctx, 'bank.statements', { reason: 'test' });
  await until(async () => (await projections.get('bank.statements')).status === 'running');
  await open(app, 4);
  await arrivals(4);
  await idle();
  expect(arrived.map(({ amount }) => amount)).toEqual([1, 2, 3, 4]);

  const reactions = app.get(Reactions);
  const stream = { type: 'bank.account', id: account };
  const { id } = await reactions.replay(ctx, 'bank.statements', { stream, reason: 'lost' });
  await reactions.replay(testContext(), 'bank.statements', { reason: 'nothing here' });
  await arrivals(7);
  await idle();
  expect(amounts(account)).toEqual([1, 2, 3, 1, 2, 3]);
  expect(new Set(arrived.map(({ id }) => id)).size).toBe(7);
  const acts = await app.get(EventStore).readStream(ctx, 'acci.subscription', id);
  expect(acts).toMatchObject([{ metadata: { actor: 'user:ada' }, data: { stream, reason: 'lost' } }]);
  await expect(reactions.replay(ctx, 'bank.nobody', { reason: '' })).rejects.toThrow(SubscriptionNotFound);
});

it('replays what was asked for by a program that does not know the subscription, step by step', async () => {
  const app = await start();
  const series = Array.from({ length: 10 }, (_, index) => index);
  // More than one step takes.
  const accounts = await Promise.all(Array.from({ length: 21 }, () => open(app, ...series)));
  await arrivals(210);
  await idle();
  await app.close();
  apps.splice(0);
  const stranger = await start([]);
  await stranger.get(Reactions).replay(ctx, 'bank.statements', { reason: 'lost' });
  const again = await start();
  await open(again, 1_000);
  await arrivals(421);
  await idle();
  // What happened after the replay was asked for came once.
  expect(arrived).toHaveLength(421);
  for (const account of accounts) expect(amounts(account)).toEqual([...series, ...series]);
});

it('begins now unless told otherwise, and there it stays', async () => {
  const before = await start([]);
  await open(before, 1);
  await until(async () => (await before.get(EventStore).head()) !== undefined);
  const app = await start([HastyStatements]);
  await open(app, 2);
  await arrivals(1);
  await app.close();
  apps.splice(apps.indexOf(app), 1);
  await open(before, 3);
  await start([HastyStatements]);
  await arrivals(2);
  await idle();
  expect(arrived.map(({ amount }) => amount)).toEqual([2, 3]);
});
