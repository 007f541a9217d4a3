import { uuidv7 } from '@acci/database';
import { testContext } from '@acci/event-store/testing';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { invalidToken, password, People } from '../spec-support/people.js';

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
