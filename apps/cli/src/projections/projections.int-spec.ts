import { afterMigrate, migrations, PlatformModule, readConfig } from '@acci/api';
import { TestDatabase } from '@acci/database/testing';
import { NestFactory } from '@nestjs/core';
import { Acci } from '../spec-support/acci.js';
import { Shop, trouble, until } from '../spec-support/shop.js';

interface Projection {
  readonly name: string;
  readonly status: string;
  readonly build: number;
  readonly position: string | null;
  readonly lastError: { readonly message: string; readonly position: string } | null;
  readonly shares: readonly { readonly tenantId: string | null; readonly status: string }[];
}

const orders = 'shop.order-list';
const directory = 'tenancy.tenant-directory';
let db: TestDatabase;
let acci: Acci;
let shop: Shop;
let [acme, globex] = ['', ''];

beforeAll(async () => {
  db = await TestDatabase.create({ migrations, afterMigrate });
  acci = new Acci(db);
  // A server has been there: projections are its business.
  const config = { ...readConfig(acci.env), ACCI_MIGRATE_ON_START: false, LOG_LEVEL: 'silent' as const };
  const server = await NestFactory.createApplicationContext(PlatformModule.forRoot(config, db, 'acci-api'), {
    logger: false,
  });
  await server.close();
  shop = await Shop.start(db);
  [acme, globex] = [await tenant('acme'), await tenant('globex')];
});
afterAll(async () => {
  await shop?.close();
  await db.close();
});
beforeEach(() => {
  trouble.withNegatives = true;
});

async function tenant(slug: string): Promise<string> {
  return (await acci.json<{ id: string }>('tenants', 'create', slug, '--name', slug)).id;
}
const show = (name = orders) => acci.json<Projection>('projections', 'show', name);
const halted = () => until(async () => (await show()).status === 'halted');
const act = (...args: string[]) =>
  acci.run(['projections', ...args, '--reason', 'Ticket 4711', '--actor', 'user:ada']);

it('tells what a poison event has halted, for whom, and retries and skips it', async () => {
  await shop.order(acme, 10);
  const poison = await shop.order(acme, -1);
  await shop.order(acme, 11);
  await shop.order(globex, 20);
  await halted();
  expect((await show()).lastError).toMatchObject({ position: poison });
  const { stdout } = await acci.run(['projections', 'list']);
  expect(stdout).toMatch(/^shop\.order-list +async +1 +all +halted/m);
  expect(stdout).toContain(
    `shop.order-list has halted for ${acme} at shop.order.placed ${poison}: Error: A total is negative\n`,
  );
  const { stdout: shown } = await acci.run(['projections', 'show', orders]);
  expect(shown).toMatch(new RegExp(`^${acme} +halted +\\S+ +2`, 'm'));
  // For the others it has gone on.
  await until(async () => (await shop.listed(globex)).length === 1);
  expect(await shop.listed(acme)).toEqual([10]);

  // Nobody has mended anything: it halts again.
  expect(await act('retry', orders)).toMatchObject({ code: 0 });
  await halted();
  expect(await act('skip', orders, '--tenant', 'acme')).toMatchObject({ code: 0 });
  await until(async () => (await shop.listed(acme)).length === 2);
  expect(await shop.listed(acme)).toEqual([10, 11]);
  expect(await act('skip', orders)).toMatchObject({ code: 4 });

  await shop.order(acme, -2);
  await halted();
  trouble.withNegatives = false;
  expect(await act('retry', orders, '--tenant', acme)).toMatchObject({ code: 0 });
  await until(async () => (await shop.listed(acme)).length === 3);
  const why = { reason: 'Ticket 4711', actor: 'user:ada' };
  expect(await actsOn(orders)).toEqual([
    { type: 'acci.projection.retried', ...why },
    { type: 'acci.projection.event_skipped', ...why },
    { type: 'acci.projection.retried', ...why },
  ]);
});

it('pauses, runs to a position and waits for that, and goes on', async () => {
  expect(await act('pause', orders)).toMatchObject({ code: 0, stderr: `${orders} is paused.\n` });
  const first = await shop.order(globex, 30);
  await shop.order(globex, 31);
  const run = await act('run-to', orders, first);
  expect(run).toMatchObject({ code: 0, stderr: `${orders} is paused at ${first}.\n` });
  expect(await shop.listed(globex)).toEqual([20, 30]);
  expect(await act('run-to', orders, first)).toMatchObject({ code: 4 });
  expect(await act('resume', orders)).toMatchObject({ code: 0 });
  await until(async () => (await shop.listed(globex)).length === 3);
});

it('switches off and on for a tenant, and rebuilds its rows alone; each waits until the rows are there', async () => {
  trouble.withNegatives = false;
  const before = await shop.listed(acme);
  expect(await act('switch-off', orders, '--tenant', 'acme')).toMatchObject({ code: 0 });
  expect(await act('switch-off', orders, '--tenant', 'acme')).toMatchObject({ code: 4 });
  await until(async () => (await shop.listed(acme)).length === 0);
  expect(await act('rebuild', orders, '--tenant', 'acme')).toMatchObject({ code: 4 });
  const on = await act('switch-on', orders, '--tenant', 'acme');
  expect(on).toMatchObject({ code: 0, stderr: `${orders} is on for the tenant.\n` });
  // Now the one that was skipped is among them.
  const whole = [-1, ...before].toSorted((a, b) => a - b);
  expect(await shop.listed(acme)).toEqual(whole);

  await db.admin('update shop.order_list_v1 set total = 0');
  const rebuilt = await act('rebuild', orders, '--tenant', 'acme');
  expect(rebuilt).toMatchObject({ code: 0, stderr: `${orders} is rebuilt.\n` });
  expect(await shop.listed(acme)).toEqual(whole);
  expect(await shop.listed(globex)).toEqual([0, 0, 0]);
});

it('does not wait for a tenant’s rows that stop on the way', async () => {
  await shop.order(globex, 40);
  const stopped = await act('rebuild', orders, '--tenant', 'acme');
  expect(stopped).toMatchObject({ code: 1, stderr: expect.stringContaining('is not rebuilt') as string });
  expect((await show()).status).toBe('halted');
});

it('rebuilds, and waits for the end', async () => {
  const before = await show(directory);
  const rebuild = ['projections', 'rebuild', directory, '--reason', 'A test', '--work'];
  expect(await acci.run(rebuild)).toMatchObject({ code: 0, stderr: `${directory} is rebuilt.\n` });
  expect((await show(directory)).build).toBeGreaterThan(before.build);
  expect(await acci.json('tenants', 'list')).toHaveLength(2);
});

it.each([
  ['one that is not there', ['pause', 'shop.nothing', '--reason', 'x'], 3],
  ['to show one that is not there', ['show', 'shop.nothing'], 3],
  ['what it does already', ['resume', orders, '--reason', 'x'], 4],
  ['to pause what is part of every append', ['pause', directory, '--reason', 'x'], 4],
  ['to give up what nobody began', ['abort', orders, '--reason', 'x'], 4],
  ['an act without a reason', ['retry', orders], 2],
  ['what is no position', ['run-to', orders, 'there', '--reason', 'x'], 2],
  ['to switch it off for nobody', ['switch-off', orders, '--reason', 'x'], 2],
])('refuses %s', async (_name, args, code) => {
  expect(await acci.run(['projections', ...args])).toMatchObject({ code, stdout: '' });
});

function actsOn(name: string): Promise<{ type: string; reason: string; actor: string }[]> {
  return db.admin(
    `select type, data ->> 'reason' as reason, metadata ->> 'actor' as actor from acci.event_log
      where stream_id = $1 order by version`,
    [name],
  );
}
