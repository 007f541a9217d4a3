import { afterMigrate, migrations, PlatformModule, readConfig } from '@acci/api';
import { uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { NestFactory } from '@nestjs/core';
import { Acci } from '../spec-support/acci.js';

interface Projection {
  readonly name: string;
  readonly status: string;
  readonly build: number;
  readonly position: string | null;
  readonly lastError: { readonly message: string } | null;
}

const orders = 'shop.order-list';
const directory = 'tenancy.tenant-directory';
const halted = uuidv7();
let db: TestDatabase;
let acci: Acci;

beforeAll(async () => {
  db = await TestDatabase.create({ migrations, afterMigrate });
  acci = new Acci(db);
  // A server has been there: projections are its business.
  const config = { ...readConfig(acci.env), ACCI_MIGRATE_ON_START: false, LOG_LEVEL: 'silent' as const };
  const server = await NestFactory.createApplicationContext(PlatformModule.forRoot(config, db, 'acci-api'), {
    logger: false,
  });
  await server.close();
  await acci.json('tenants', 'create', 'acme', '--name', 'Acme Ltd');
});
afterAll(() => db.close());

// As a process of another program leaves it: for one tenant it has halted.
beforeEach(async () => {
  const error = {
    position: '1.7421.98',
    eventId: uuidv7(),
    eventType: 'shop.order.placed',
    tenantId: halted,
    message: 'total is \u001b[2Jnegative',
    failedAt: '2026-01-31T09:30:00.000Z',
  };
  await db.admin('delete from acci.projections where name = $1', [orders]);
  await db.admin(`insert into acci.projections (name, lifecycle) values ($1, 'async')`, [orders]);
  await db.admin(
    `insert into acci.projection_builds (projection, build, version, status, shares) values ($1, 1, 1, 'serving', 1)`,
    [orders],
  );
  await db.admin(
    `insert into acci.projection_shares (projection, build, share, of_tenant, status, attempts, last_error)
     values ($1, 1, '0', null, 'running', 0, null), ($1, 1, $2::text, $2::uuid, 'halted', 5, $3::json)`,
    [orders, halted, JSON.stringify(error)],
  );
});

const list = async (name: string) =>
  (await acci.json<Projection[]>('projections', 'list')).find((projection) => projection.name === name);
const shares = () =>
  db.admin<{ share: string; status: string }>(
    `select case of_tenant when $2 then 'acme' else share end as share, status
       from acci.projection_shares where projection = $1 order by of_tenant nulls first`,
    [orders, halted],
  );

it('lists what they do, and whom they have halted for', async () => {
  expect(await list(directory)).toMatchObject({ status: 'running', lifecycle: 'inline' });
  expect(await list(orders)).toMatchObject({ status: 'halted', lastError: { tenantId: halted } });
  const { stdout } = await acci.run(['projections', 'list']);
  expect(stdout).toMatch(/^shop\.order-list +async +1 +halted/m);
  expect(stdout).toContain(
    `shop.order-list has halted for ${halted} at shop.order.placed 1.7421.98: total is �[2Jnegative\n`,
  );
});

it('pauses, resumes, retries and skips, and writes down who wanted it and why', async () => {
  const act = (...args: string[]) =>
    acci.run(['projections', ...args, '--reason', 'Ticket 4711', '--actor', 'user:ada']);
  expect(await act('pause', orders)).toMatchObject({ code: 0 });
  expect(await shares()).toEqual([
    { share: '0', status: 'paused' },
    { share: 'acme', status: 'halted' },
  ]);
  expect(await act('resume', orders)).toMatchObject({ code: 0 });
  expect(await act('retry', orders, '--tenant', halted)).toMatchObject({ code: 0 });
  expect(await shares()).toEqual([
    { share: '0', status: 'running' },
    { share: 'acme', status: 'running' },
  ]);
  expect(await act('skip', orders)).toMatchObject({ code: 4 });
  const acts = await db.admin<{ type: string; data: object; actor: string }>(
    `select type, data, metadata ->> 'actor' as actor from acci.event_log where stream_id = $1 order by version`,
    [orders],
  );
  expect(acts).toMatchObject(
    ['paused', 'resumed', 'retried'].map((act) => ({
      type: `acci.projection.${act}`,
      data: { reason: 'Ticket 4711' },
      actor: 'user:ada',
    })),
  );
});

it('skips the event that it has halted at', async () => {
  const args = ['--tenant', halted, '--reason', 'A test order'];
  await acci.json('projections', 'skip', orders, ...args);
  const [share] = await db.admin<{ position: string; status: string }>(
    'select position, status from acci.projection_shares where projection = $1 and of_tenant = $2',
    [orders, halted],
  );
  expect(share).toEqual({ position: '98', status: 'running' });
});

it('rebuilds, and waits for the end', async () => {
  const before = await list(directory);
  const rebuild = ['projections', 'rebuild', directory, '--reason', 'A test', '--work'];
  expect(await acci.run(rebuild)).toMatchObject({ code: 0, stderr: `${directory} is rebuilt.\n` });
  expect((await list(directory))?.build).toBeGreaterThan(before?.build ?? 0);
  expect(await acci.json('tenants', 'list')).toMatchObject([{ slug: 'acme' }]);
});

it.each([
  ['one that is not there', ['pause', 'shop.nothing', '--reason', 'x'], 3],
  ['what it does already', ['resume', orders, '--reason', 'x'], 4],
  ['to pause what is part of every append', ['pause', directory, '--reason', 'x'], 4],
  ['to give up what nobody began', ['abort', orders, '--reason', 'x'], 4],
  ['an act without a reason', ['retry', orders], 2],
])('refuses %s', async (_name, args, code) => {
  expect(await acci.run(['projections', ...args])).toMatchObject({ code, stdout: '' });
});
