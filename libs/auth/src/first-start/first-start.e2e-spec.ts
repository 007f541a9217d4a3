import type { TestDatabase } from '@acci/database/testing';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import type { INestApplicationContext } from '@nestjs/common';
import { AuthServer, createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { FirstOperatorBootstrap, Passwords } from '../index.js';
import { firstOperatorId } from './first-operator.js';

const password = 'nine plum trees in a row';
const operator = { email: 'operator@example.com', password };

describe('The first start', () => {
  let db: TestDatabase;
  let processes: INestApplicationContext[];

  beforeEach(async () => {
    db = await createAuthDatabase();
    processes = [];
  });
  afterEach(async () => {
    await Promise.all(processes.map((process) => process.close()));
    await db.close();
  });

  async function start(options: { operator?: typeof operator } = {}): Promise<INestApplicationContext> {
    const started = await startContext(db, undefined, options);
    processes.push(started);
    return started;
  }
  async function startServer(): Promise<AuthServer> {
    const server = await AuthServer.start('fastify', db);
    processes.push(server.app);
    return server;
  }
  const bootstrap = (process: INestApplicationContext) => process.get(FirstOperatorBootstrap).run();
  const types = async () =>
    (await db.admin<{ type: string }>('select type from acci.events order by position')).map(
      ({ type }) => type,
    );
  const knows = (process: INestApplicationContext, text: string) =>
    process.get(Passwords).verify(PLATFORM_TENANT_ID, firstOperatorId, text);
  const made = ['auth.user.created', 'auth.user.role_assigned', 'auth.user.password_changed'];

  it('makes the configured account once, however many replicas start at a time', async () => {
    const replicas = await Promise.all([start({ operator }), start({ operator })]);
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => bootstrap(replicas[n % 2]!)));
    expect(results.filter(({ created }) => created)).toEqual([{ created: true }]);
    expect(await types()).toEqual(made);
    expect(await knows(replicas[0], password)).toBe(true);
    const [row] = await db.admin('select tenant_id, email, status from acci.users');
    expect(row).toEqual({ tenant_id: PLATFORM_TENANT_ID, email: operator.email, status: 'active' });
  });

  it('leaves the account as it has become since, whatever is configured', async () => {
    await bootstrap(await start({ operator }));
    const later = await start({
      operator: { email: 'other@example.com', password: 'another one altogether' },
    });
    expect(await bootstrap(later)).toEqual({ created: false });
    expect(await knows(later, password)).toBe(true);
    expect(await bootstrap(await start())).toEqual({ created: false });
  });

  it('refuses a configured password that is none', async () => {
    const app = await start({ operator: { ...operator, password: 'short' } });
    await expect(bootstrap(app)).rejects.toMatchObject({ code: 'auth.password.refused' });
    expect(await types()).toEqual([]);
  });

  it('gives one set-up link, however many replicas start, and another when it has run out', async () => {
    const replicas = await Promise.all([start(), start()]);
    const results = await Promise.all(Array.from({ length: 50 }, (_, n) => bootstrap(replicas[n % 2]!)));
    expect(results.filter(({ setUpLink }) => setUpLink)).toHaveLength(1);
    await db.admin(`update acci.one_time_tokens set expires_at = now() - interval '1 second'`);
    expect(await bootstrap(replicas[0])).toEqual({
      created: false,
      setUpLink: expect.stringMatching(/^http:\/\/localhost:3000\/set-up#token=accionce_/),
    });
  });

  it('lets exactly one of 50 make the account with the link', async () => {
    const server = await startServer();
    const { setUpLink = '' } = await bootstrap(server.app);
    const token = new URL(setUpLink).hash.replace('#token=', '');
    const confirm = (email: string) =>
      server.send('POST', '/v1/auth/set-up:confirm', undefined, { token, email, password });
    const weak = await server.send('POST', '/v1/auth/set-up:confirm', undefined, {
      ...operator,
      token,
      password: 'short',
    });
    expect(weak).toMatchObject({ status: 422, body: { code: 'auth.password.refused' } });
    const own = { token, email: operator.email, password: operator.email };
    expect(await server.send('POST', '/v1/auth/set-up:confirm', undefined, own)).toMatchObject({
      status: 422,
      body: { reason: 'is_own_name' },
    });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => confirm(`o${n}@example.com`)));
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    for (const { status, body } of answers) {
      if (status !== 200) expect(body.code).toBe('auth.one_time_token.invalid');
    }
    expect(await types()).toEqual(made);
    expect(await knows(server.app, password)).toBe(true);
    const [user] = await db.admin<{ email: string }>('select email from acci.users');
    expect(winners[0]?.body).toEqual({ tenant: 'platform', email: user?.email });
    expect(await bootstrap(server.app)).toEqual({ created: false });
  });
});
