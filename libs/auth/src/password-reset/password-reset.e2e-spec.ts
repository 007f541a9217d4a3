import { Database, uuidv7 } from '@acci/database';
import { testContext } from '@acci/event-store/testing';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import type { Answer } from '../spec-support/auth-app.js';
import { invalidToken, password, People } from '../spec-support/people.js';
import { someoneWaits } from '../spec-support/someone-waits.js';
import { issueKey } from '../testing.js';

describe('POST /v1/auth/password-resets', () => {
  let people: People;

  beforeAll(async () => {
    people = await People.start();
  });
  afterAll(() => people.close());

  const another = 'ten pear trees in two rows';
  const ask = (login: string, tenant = people.slug) => people.post('password-resets', { tenant, login });
  const confirm = (token: string) => people.post('password-resets:confirm', { token, password: another });
  const accepted = { status: 202, body: undefined };

  it('sets another password and ends all sessions, once', async () => {
    const { email, as } = await people.loggedIn();
    expect((await as('GET', '/v1/me')).status).toBe(200);
    const token = await people.resetToken(email);
    const answer = await confirm(token);
    expect(answer).toMatchObject({ status: 204, body: undefined });
    expect(answer.headers.get('set-cookie')).toMatch(/acci_device/);
    expect((await as('GET', '/v1/me')).status).toBe(401);
    expect((await people.logIn(email, password)).status).toBe(401);
    expect((await people.logIn(email, another)).status).toBe(200);
    expect(await confirm(token)).toMatchObject(invalidToken);
    expect((await people.app.mail.next(email)).subject).toMatch(/was changed/);
  });

  it('ends a login that showed the old password, and was not through yet', async () => {
    const { email } = await people.loggedIn();
    const token = await people.resetToken(email);
    const { db } = people.app;
    // Whoever was right has their failures forgotten, and here waits with that.
    await db.admin(`create function acci.wait_here() returns trigger language plpgsql as
                    'begin perform pg_advisory_xact_lock(1); return null; end'`);
    await db.admin(`create trigger wait_here after delete on acci.login_attempts
                    for each row execute function acci.wait_here()`);
    let login: Promise<Answer> | undefined;
    await people.app.get(Database).inTenant(people.ctx.tenantId, async (tx) => {
      await tx.query('select pg_advisory_xact_lock(1)');
      login = people.logIn(email);
      await someoneWaits(db);
      expect((await confirm(token)).status).toBe(204);
    });
    await db.admin('drop trigger wait_here on acci.login_attempts');
    expect(await login).toMatchObject({ status: 401, body: { code: 'auth.login.failed' } });
  });

  it('happens whatever else happens to the user at the same time', async () => {
    const { id, email } = await people.active();
    const token = await people.resetToken(email);
    const { tenantId } = people.ctx;
    const { key } = await issueKey(people.app.app, { tenantId, permissions: ['auth.users.*'] });
    const { db } = people.app;
    await db.admin(`create function acci.wait_before() returns trigger language plpgsql as
                    'begin perform pg_advisory_xact_lock(2); return new; end'`);
    await db.admin(`create trigger wait_before before insert on acci.events for each row
                    when (new.type = 'auth.user.password_changed') execute function acci.wait_before()`);
    let reset: Promise<Answer> | undefined;
    await people.app.get(Database).inTenant(uuidv7(), async (tx) => {
      await tx.query('select pg_advisory_xact_lock(2)');
      reset = confirm(token);
      await someoneWaits(db);
      const renamed = await people.app.server.send('PATCH', `/v1/users/${id}`, key, { displayName: 'Ada' });
      expect(renamed.status).toBe(200);
    });
    await db.admin('drop trigger wait_before on acci.events');
    expect((await reset)?.status).toBe(204);
  });

  it('makes the browser a known one, by whatever name its user logs in', async () => {
    const userName = `ada-${uuidv7()}`;
    const { email } = await people.active(people.ctx, { userName });
    const answer = await confirm(await people.resetToken(email));
    const cookie = answer.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ');
    for (const login of [email, userName]) {
      for (let attempt = 0; attempt < 5; attempt += 1) await people.logIn(login, 'a guess of somebody else');
      await people.app.db.admin(`update acci.login_attempts set blocked_until = now() + interval '10 minutes'
                                  where subject = 'account'`);
      const body = { tenant: people.slug, login, password: another };
      expect((await people.post('login', body)).status).toBe(429);
      expect((await people.post('login', body, { cookie })).status).toBe(200);
    }
  });

  it('is used by exactly one of 50 at the same time', async () => {
    const token = await people.resetToken((await people.active()).email);
    const answers = await Promise.all(Array.from({ length: 50 }, () => confirm(token)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422 || status === 503)).toHaveLength(49);
  });

  it('answers the same to everybody, and mails only to those who may log in, once a minute', async () => {
    const [known, locked, waiting] = [await people.active(), await people.active(), await people.invited()];
    await people.lock(locked.id);
    const strangers = [people.anEmail(), 'nobody', '\0', '@', 'x'.repeat(320)];
    for (const login of [known.email, known.email, locked.email, waiting.email, ...strangers])
      expect(await ask(login)).toMatchObject(accepted);
    for (const tenant of ['nobody-here', 'platform', `t-${uuidv7()}`])
      expect(await ask(known.email, tenant)).toMatchObject(accepted);
    await people.tokenTo(known.email);
    await people.app.settled();
    expect(people.mailsTo(known.email)).toBe(1);
    expect(people.mailsTo(locked.email)).toBe(0);
    // The invitation.
    expect(people.mailsTo(waiting.email)).toBe(1);
  });

  it('does not show by refusing some of many at the same time who is there', async () => {
    const { email } = await people.active();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(email)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await people.tokenTo(email);
    await people.app.settled();
    expect(people.mailsTo(email)).toBe(1);
  });

  it('is worth nothing any more once the user is locked', async () => {
    const { id, email } = await people.active();
    const token = await people.resetToken(email);
    await people.lock(id);
    expect(await confirm(token)).toMatchObject(invalidToken);
  });

  it('does not know the platform’s own people by another tenant', async () => {
    const { email } = await people.active(testContext({ tenantId: PLATFORM_TENANT_ID }));
    await ask(email);
    await ask(email, 'platform');
    expect((await people.app.mail.next(email)).subject).toMatch(/Platform/);
    await people.app.settled();
    expect(people.mailsTo(email)).toBe(1);
  });
});
