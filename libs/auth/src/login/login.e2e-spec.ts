import { uuidv7 } from '@acci/database';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import { DeactivateUser, LockUser } from '../index.js';
import { adapters, type Answer } from '../spec-support/auth-app.js';
import { contextIn } from '../spec-support/log-in.js';
import { LoginApp, password } from '../spec-support/login-app.js';

describe.each(adapters)('logging in, on %s', (adapter) => {
  let app: LoginApp;

  beforeAll(async () => {
    app = await LoginApp.start(adapter);
  });
  beforeEach(() => app.forgive());
  afterAll(() => app.close());

  const logIn = (...args: Parameters<LoginApp['logIn']>) => app.logIn(...args);
  const failed = { status: 401, body: { code: 'auth.login.failed' } };
  const throttled = { status: 429, body: { code: 'auth.login.throttled' } };
  /** What an answer says, but for what differs between any two. */
  const plain = ({ status, headers, body }: Answer) => ({
    status,
    body: { ...body, correlationId: undefined },
    headers: [...headers.keys()].sort(),
  });

  it('opens a session by e-mail address or user name', async () => {
    const { id, email } = await app.aUser({ userName: 'ada' });
    for (const login of [email, ` ${email.toUpperCase()} `, 'ADA']) {
      const answer = await logIn({ login });
      expect(answer).toMatchObject({
        status: 200,
        body: { tenantId: app.tenantId, userId: id, csrfToken: null, device: expect.any(String) },
      });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(await app.me(answer.body.token)).toMatchObject({ status: 200, body: { id } });
    }
  });

  it('gives browsers cookies that scripts cannot read, and no token', async () => {
    const { email } = await app.aUser();
    const answer = await logIn({ login: email, as: 'cookie' });
    expect(answer).toMatchObject({
      status: 200,
      body: { token: null, device: null, csrfToken: expect.any(String) },
    });
    const cookies = answer.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies)
      expect(cookie).toMatch(/^__Host-acci_.*; Path=\/;(?=.*HttpOnly)(?=.*Secure)(?=.*SameSite=Lax)/);
    const cookie = cookies.map((each) => each.split(';')[0]).join('; ');
    expect(await app.server.send('GET', '/v1/me', undefined, undefined, { cookie })).toMatchObject({
      status: 200,
    });
  });

  it('is not to be had by a page of another site', async () => {
    const { email } = await app.aUser();
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await logIn({ login: email, as: 'cookie' }, headers);
    expect(answer).toMatchObject({ status: 403, body: { code: 'auth.csrf.refused' } });
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('fails in the same words for all who are not let in', async () => {
    const [locked, deactivated, known] = [await app.aUser(), await app.aUser(), await app.aUser()];
    const bus = app.get(CommandBus);
    await bus.execute(new LockUser(contextIn(app.tenantId), { id: locked.id, reason: 'no' }));
    await bus.execute(new DeactivateUser(contextIn(app.tenantId), { id: deactivated.id }));
    const elsewhere = `globex-${uuidv7()}`;
    const [suspended = ''] = await createTenants(app.server.app, 1, { slug: elsewhere });
    const inSuspended = await app.aUser({ tenantId: suspended });
    await bus.execute(new SuspendTenant(platformContext(), { id: suspended, reason: 'no' }));
    const answers = [
      await logIn({ login: known.email, password: 'not the password' }),
      await logIn({ login: 'nobody@example.com' }),
      await logIn({ login: 'nobody' }),
      await logIn({ login: locked.email }),
      await logIn({ login: deactivated.email }),
      await logIn({ tenant: elsewhere, login: inSuspended.email }),
      await logIn({ tenant: 'nowhere', login: known.email }),
      await logIn({ tenant: 'platform', login: known.email }),
      await logIn({ tenant: undefined, login: known.email }),
    ];
    expect(answers[0]).toMatchObject(failed);
    for (const answer of answers) expect(plain(answer)).toEqual(plain(answers[0] as Answer));
  });

  it('takes nothing that is no login, and counts it nowhere', async () => {
    const { email: login } = await app.aUser();
    const bodies = [
      { login: '' },
      { login, password: '' },
      { login, password: 'x'.repeat(1_001) },
      { login, password: ['an', 'array'] },
      { login: { $ne: null } },
      { login, amr: ['otp'] },
      { login, as: 'header' },
      JSON.parse('{"login":"x","__proto__":{"as":"cookie"}}') as object,
    ];
    for (const body of bodies) expect((await logIn(body)).status).toBe(400);
    expect(await app.db.admin('select 1 from acci.login_attempts')).toEqual([]);
  });

  it('waits after five failures, and the more come at once, the same', async () => {
    const { email } = await app.aUser();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => logIn({ login: email, password: 'not the password' })),
    );
    // More than five, if it takes so long that the delay of a second is over meanwhile.
    const guessed = answers.filter(({ status }) => status === 401).length;
    expect(guessed).toBeGreaterThanOrEqual(5);
    expect(guessed).toBeLessThan(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(50 - guessed);
    await app.prolong();
    const answer = await logIn({ login: email });
    expect(answer).toMatchObject(throttled);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('waits for all ways together in which one name can be written', async () => {
    await app.aUser({ userName: `grace.${adapter}` });
    const password = 'not the password';
    const upper = `GRACE.${adapter}`.toUpperCase();
    const wide = `ｇrace.${adapter}`;
    for (const login of [upper, wide, ` ${upper} `, `grace.${adapter}`, wide.toUpperCase()])
      expect(await logIn({ login, password })).toMatchObject(failed);
    await app.prolong();
    expect(await logIn({ login: `Grace.${adapter}` })).toMatchObject(throttled);
  });

  it('waits just so for a user who does not exist', async () => {
    const login = `${uuidv7()}@example.com`;
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await logIn({ login })).toMatchObject(failed);
    await app.prolong();
    expect(await logIn({ login })).toMatchObject(throttled);
  });

  it('does not wait on a known device for what others did wrong', async () => {
    const [ada, bob] = [await app.aUser(), await app.aUser()];
    const { device } = (await logIn({ login: ada.email })).body;
    const browser = await logIn({ login: ada.email, as: 'cookie' });
    const cookie =
      browser.headers
        .getSetCookie()
        .find((each) => each.includes('device'))
        ?.split(';')[0] ?? '';
    for (const { email } of [ada, bob])
      for (let attempt = 0; attempt < 5; attempt += 1) await logIn({ login: email, password: 'not it' });
    await app.prolong();
    expect(await logIn({ login: ada.email })).toMatchObject(throttled);
    expect(await logIn({ login: ada.email, device })).toMatchObject({ status: 200 });
    expect(await logIn({ login: ada.email }, { cookie })).toMatchObject({ status: 200 });
    expect(await logIn({ login: ada.email, device: `${device.slice(0, -4)}AAAA` })).toMatchObject(throttled);
    expect(await logIn({ login: bob.email, device })).toMatchObject(throttled);
  });

  it('lets a known device guess no more than anybody else', async () => {
    const { email } = await app.aUser();
    const { device } = (await logIn({ login: email })).body;
    const guess = () => logIn({ login: email, device, password: 'not the password' });
    for (let attempt = 0; attempt < 10; attempt += 1) expect(await guess()).toMatchObject(failed);
    await app.prolong();
    expect(await guess()).toMatchObject(throttled);
    expect(await logIn({ login: email })).toMatchObject({ status: 200 });
  });

  it('stores nothing that could be read', async () => {
    const { id, email } = await app.aUser();
    await logIn({ login: email, password: 'a very wrong password' });
    const { token } = (await logIn({ login: email })).body;
    const tables = ['events', 'login_attempts', 'user_passwords', 'sessions'];
    const rows = await Promise.all(
      tables.map((table) => app.db.admin(`select t::text from acci.${table} t`)),
    );
    const text = JSON.stringify(rows);
    expect(text.includes(id)).toBe(true);
    const secrets = [email, 'a very wrong password', password, String(token), 'argon2'];
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });

  // The last one: the others come from the same address.
  it('waits at an address, whatever address a request says it was sent for', async () => {
    const attempt = (n: number) =>
      logIn({ login: `nobody-${n}` }, { 'x-forwarded-for': `192.0.2.${n}`, forwarded: `for=192.0.2.${n}` });
    for (let n = 0; n < 20; n += 1) expect(await attempt(n)).toMatchObject(failed);
    await app.db.admin(`update acci.login_attempts set blocked_until = now() + interval '10 minutes'
                         where failures >= 20`);
    expect(await attempt(20)).toMatchObject(throttled);
  });
});
