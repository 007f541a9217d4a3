import { uuidv7 } from '@acci/database';
import { createTenants } from '@acci/tenancy/testing';
import { invalidToken, password, People } from '../spec-support/people.js';

describe('POST /v1/auth/registrations', () => {
  let people: People;

  beforeAll(async () => {
    people = await People.start({ tenantDomain: 'app.example.com' });
  });
  afterAll(() => people.close());

  const register = (email: string, tenant = people.slug) => people.post('registrations', { tenant, email });
  const accepted = { status: 202, body: undefined };

  it('mails a link, with which whoever has the mailbox chooses the password', async () => {
    const email = people.anEmail();
    expect(await register(email)).toMatchObject(accepted);
    const token = await people.tokenTo(email);
    const confirm = () => people.post('registrations:confirm', { token, password });
    expect(await confirm()).toMatchObject({ status: 200, body: { tenant: people.slug, email } });
    expect((await people.logIn(email)).status).toBe(200);
    expect(await confirm()).toMatchObject(invalidToken);
  });

  it('takes no password before, which somebody else could have chosen', async () => {
    const body = { tenant: people.slug, email: people.anEmail(), password };
    expect((await people.post('registrations', body)).status).toBe(400);
  });

  it('takes the tenant from the host name, if the body names none', async () => {
    const email = people.anEmail();
    const at = (host: string) => people.app.rawPost('/v1/auth/registrations', { email }, host);
    expect((await at(`${people.slug}.app.example.com:${people.app.server.port}`)).status).toBe(202);
    await people.tokenTo(email);
    for (const host of ['app.example.com', `${people.slug}.evil.example.com`])
      expect((await at(host)).status).toBe(403);
  });

  it('answers the same for a known address, to which it mails what helps', async () => {
    const email = people.anEmail();
    await register(email);
    await people.tokenTo(email);
    expect(await register(email)).toMatchObject(accepted);
    expect((await people.app.mail.next(email)).subject).toMatch(/registration/);
    const known = await people.active();
    expect(await register(known.email.toUpperCase())).toMatchObject(accepted);
    expect((await people.app.mail.next(known.email)).subject).toMatch(/new password/);
  });

  it('makes one user of 20 who register the same address at the same time', async () => {
    const email = people.anEmail();
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(email)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await people.tokenTo(email);
    await people.app.settled();
    const users = await people.app.db.admin('select id from acci.users where email = $1', [email]);
    expect(users).toHaveLength(1);
  });

  it('is closed where the tenant does not allow it, and where there is none, alike', async () => {
    const closed = `globex-${uuidv7()}`;
    await createTenants(people.app.app, 1, { slug: closed });
    const bodies: string[] = [];
    for (const tenant of [closed, 'nobody-here', 'platform']) {
      const answer = await register(people.anEmail(), tenant);
      expect(answer).toMatchObject({ status: 403, body: { code: 'auth.registration.closed' } });
      bodies.push(JSON.stringify({ ...answer.body, correlationId: '' }));
    }
    expect(new Set(bodies).size).toBe(1);
  });
});
