import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterMigrate, migrations } from '@acci/api';
import { TestDatabase } from '@acci/database/testing';
import pg from 'pg';
import { root, runScript, type Script } from './setup/script.js';

// The server as a process of its own, as `npm start` runs it, started and killed.
const operatorKey = 'e4f1c2d3b5a69788e4f1c2d3b5a69788e4f1c2d3b5a69788e4f1c2d3b5a69788';
const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' };

let folder: string;
const running: Script[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acci-process-'));
});
afterAll(async () => {
  await Promise.all(running.map((script) => script.kill()));
  await rm(folder, { recursive: true, force: true });
});

function start(env: Record<string, string>): Script {
  const { PATH, HOME } = process.env;
  const script = runScript(`await import('${root}/apps/api/src/main.ts')`, {
    env: { PATH, HOME, PORT: '0', LOG_LEVEL: 'info', LOG_PRETTY: 'false', ...env },
  });
  running.push(script);
  return script;
}

async function urlOf(script: Script): Promise<string> {
  await script.printed('Swagger UI');
  return /http:\/\/localhost:\d+(?=\/v1)/.exec(script.output())?.[0] ?? '';
}

async function createTenant(url: string, slug: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/tenants`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ slug, name: slug }),
    ...init,
  });
}

/** Resolves once somebody waits for a lock on a table. */
async function waitingFor(client: pg.Client, table: string): Promise<void> {
  const waiting = 'select from pg_locks where not granted and relation = $1::regclass';
  while (!(await client.query(waiting, [table])).rowCount) await sleep(20);
}

const isListening = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

describe('with the embedded server', () => {
  it('makes one operator key, keeps its data over kill -9, and ends on SIGTERM', async () => {
    const env = { ACCI_DATA_DIR: join(folder, 'data') };
    const first = start(env);
    const url = await urlOf(first);
    const [key] = /acci_\S{40,}/.exec(first.output()) ?? [];
    expect(key).toBeDefined();
    const asOperator = { headers: { ...headers, authorization: `Bearer ${key}` } };
    expect((await createTenant(url, 'kept', asOperator)).status).toBe(201);
    await first.kill();

    const second = start(env);
    const again = await urlOf(second);
    expect(second.output()).not.toMatch(/acci_\S{40,}/);
    const found = (await (await fetch(`${again}/v1/tenants?search=kept`, asOperator)).json()) as {
      items: object[];
    };
    expect(found.items).toHaveLength(1);

    second.process.kill('SIGTERM');
    expect(await second.ended()).toBe(0);
    await expect(fetch(again)).rejects.toThrow();
  });
});

describe('with a database of its own', () => {
  let db: TestDatabase;
  let env: Record<string, string>;
  // Two processes for all that needs some; each is ended by the last test that asks it.
  let here: Script;
  let there: Script;

  beforeAll(async () => {
    db = await TestDatabase.create({ migrations, afterMigrate });
    const { app, system, owner } = db.urls;
    env = {
      DATABASE_URL: app,
      DATABASE_SYSTEM_URL: system,
      DATABASE_OWNER_URL: owner,
      ACCI_OPERATOR_KEY: operatorKey,
      ACCI_MASTER_KEY: randomBytes(32).toString('base64'),
    };
    [here, there] = [start(env), start(env)];
    await Promise.all([urlOf(here), urlOf(there)]);
  });
  afterAll(() => db.close());

  it('refuses a suspended tenant within a second in another process', async () => {
    const [hereUrl, thereUrl] = await Promise.all([urlOf(here), urlOf(there)]);
    const { id } = (await (await createTenant(hereUrl, 'soon-suspended')).json()) as { id: string };
    const entered = await fetch(`${hereUrl}/v1/tenants/${id}/impersonations`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ reason: 'A test' }),
    });
    const { token } = (await entered.json()) as { token: string };
    const ask = () => fetch(`${thereUrl}/v1/api-keys`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask()).status).toBe(200);

    const suspended = await fetch(`${hereUrl}/v1/tenants/${id}/suspend`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ reason: 'A test' }),
    });
    expect(suspended.status).toBe(200);
    await sleep(1_000);
    const refused = await ask();
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'tenancy.tenant.suspended' });
  });

  it('keeps the first operator logged in over kill -9 and restart, in whichever process', async () => {
    const operator = {
      ACCI_OPERATOR_EMAIL: 'ada@example.com',
      ACCI_OPERATOR_PASSWORD: 'nine plum trees in a row',
    };
    const [here, there] = [start({ ...env, ...operator }), start({ ...env, ...operator })];
    const [hereUrl, thereUrl] = await Promise.all([urlOf(here), urlOf(there)]);
    const login = await fetch(`${hereUrl}/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        tenant: 'platform',
        login: operator.ACCI_OPERATOR_EMAIL,
        password: operator.ACCI_OPERATOR_PASSWORD,
      }),
    });
    const { token } = (await login.json()) as { token: string };
    const ask = async (url: string) =>
      (await fetch(`${url}/v1/tenants`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask(hereUrl)).toBe(200);
    await here.kill();
    expect(await ask(thereUrl)).toBe(200);
    await there.kill();
    const restarted = start(env);
    expect(await ask(await urlOf(restarted))).toBe(200);
    expect(restarted.output()).not.toContain('Set-up link');
    await restarted.kill();
  });

  it('finishes what is in flight on SIGTERM, and takes nothing new', async () => {
    const url = await urlOf(there);
    // A lock on the directory keeps the request in flight until the test lets go of it.
    const lock = new pg.Client(db.urls.admin);
    await lock.connect();
    await lock.query('begin');
    await lock.query('lock table acci.tenant_directory in exclusive mode');
    const request = createTenant(url, 'in-flight');
    await waitingFor(lock, 'acci.tenant_directory');
    there.process.kill('SIGTERM');
    while (await isListening(url)) await sleep(20);
    await lock.query('commit');
    await lock.end();
    expect((await request).status).toBe(201);
    expect(await there.ended()).toBe(0);
    await expect(createTenant(url, 'too-late')).rejects.toThrow();
  });

  it('ends on SIGTERM while it starts', async () => {
    const lock = new pg.Client(db.urls.admin);
    await lock.connect();
    await lock.query('begin');
    // The start asks for the operator key, and has to wait.
    await lock.query('lock table acci.api_key_secrets in access exclusive mode');
    const server = start({ ...env, ACCI_OPERATOR_KEY: `${operatorKey}0` });
    await waitingFor(lock, 'acci.api_key_secrets');
    server.process.kill('SIGTERM');
    expect(await server.ended()).toBe(1);
    await lock.query('rollback');
    await lock.end();
  });

  it('logs one JSON line per request, without the key', async () => {
    const url = await urlOf(here);
    await createTenant(url, 'logged', { headers: { ...headers, 'x-correlation-id': 'find-me-again' } });
    await here.printed('find-me-again');
    here.process.kill('SIGTERM');
    await here.ended();
    const lines = here
      .output()
      .split('\n')
      .filter((line) => line.includes('find-me-again'))
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      expect.objectContaining({
        method: 'POST',
        route: '/v1/tenants',
        status: 201,
        correlation: 'find-me-again',
        tenant: '00000000-0000-7000-8000-000000000000',
        actor: expect.stringMatching(/^api_key:/) as string,
        durationMs: expect.any(Number) as number,
      }),
    ]);
    expect(here.output()).not.toContain(operatorKey);
  });
});

describe('refuses to start, saying why', () => {
  const refusals: readonly [name: string, env: Record<string, string>, message: string][] = [
    ['production without a database', { NODE_ENV: 'production' }, 'DATABASE_URL is not set'],
    [
      'production without a master key',
      { NODE_ENV: 'production', DATABASE_URL: 'postgres://acci_app:x@127.0.0.1:1/acci' },
      'ACCI_MASTER_KEY is not set',
    ],
    ['a variable that is wrong', { PORT: 'http' }, 'PORT'],
    ['an address that is not ours', { HOST: '192.0.2.1' }, 'EADDRNOTAVAIL'],
    [
      'a database that is not there',
      { DATABASE_URL: 'postgres://acci_app:x@127.0.0.1:1/acci' },
      'ECONNREFUSED',
    ],
  ];
  let servers: Script[];
  beforeAll(() => {
    servers = refusals.map(([, env]) => start({ ACCI_DATA_DIR: join(folder, 'refused'), ...env }));
  });

  it.each(refusals.map(([name, , message], index) => ({ name, message, index })))(
    '$name',
    async ({ message, index }) => {
      const server = servers[index] as Script;
      expect(await server.ended()).toBe(1);
      expect(server.output()).toContain(message);
      expect(server.output()).not.toMatch(/waits for the database|cannot be (taken|renewed)/);
    },
  );
});
