import { uuidv7 } from '@acci/database';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { testContext } from '@acci/event-store/testing';
import { ChangeTenant, TenantLookup } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { UnconfirmedRegistrations } from './unconfirmed-registrations.js';
import { InviteUserAgain } from '../user/commands/invite-user-again.command.js';
import { UserAccounts } from '../user/user-accounts.js';
import type { UserImportReportLine } from '../user/user-import/user-import.schemas.js';
import { InviteUser } from '../user/commands/invite-user.command.js';
import { ImportUsers } from '../user/user-import/import-users.command.js';
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
    const { status, body } = await people.logIn(email);
    expect(status).toBe(200);
    expect(await confirm()).toMatchObject(invalidToken);
    // As a member, and no more.
    const as = (path: string) => people.app.server.send('GET', path, body.token);
    expect((await as('/v1/roles')).status).toBe(200);
    expect((await as('/v1/users')).status).toBe(403);
  });

  it('is forgotten when nobody has confirmed it for a week', async () => {
    const [forgotten, renewed, welcome] = [people.anEmail(), people.anEmail(), people.anEmail()];
    for (const email of [forgotten, renewed, welcome]) {
      await register(email);
      await people.tokenTo(email);
    }
    const account = await people.app.get(UserAccounts).findByLogin(people.ctx.tenantId, welcome);
    await people.commands.execute(new InviteUserAgain(people.ctx, { id: account?.id ?? '' }));
    await people.app.db.admin(`update acci.users set registered_at = registered_at - interval '7 days'`);
    await register(renewed);
    await people.tokenTo(renewed);
    await people.app.get(UnconfirmedRegistrations).clear(people.ctx);
    const users = await people.app.db.admin('select email from acci.users where email = any($1)', [
      [forgotten, renewed, welcome],
    ]);
    expect(new Set(users.map(({ email }) => email))).toEqual(new Set([renewed, welcome]));
  });

  it('keeps an address from nobody who shows that it is theirs', async () => {
    const { id, as } = await people.loggedIn();
    const wanted = people.anEmail();
    await register(wanted);
    await people.tokenTo(wanted);
    await as('POST', '/v1/me/email', { email: wanted, password });
    const token = await people.tokenTo(wanted);
    expect((await people.post('email-changes:confirm', { token })).status).toBe(204);
    expect(await people.get(id)).toMatchObject({ email: wanted });
  });

  it('keeps nobody from being invited', async () => {
    const [invited, imported] = [people.anEmail(), people.anEmail()];
    for (const email of [invited, imported]) {
      await register(email);
      await people.tokenTo(email);
    }
    const { streamId } = await people.commands.execute(new InviteUser(people.ctx, { email: invited }));
    expect((await people.app.mail.next(invited)).subject).toMatch(/invitation/);
    expect(await people.get(streamId)).toMatchObject({ email: invited });
    const lines = Readable.from([{ line: 1, value: { email: imported } }]);
    const report: UserImportReportLine[] = [];
    for await (const line of await people.commands.execute(new ImportUsers(people.ctx, lines)))
      report.push(line);
    expect(report[0]).toMatchObject({ status: 'invited', email: imported });
    await expect(
      people.commands.execute(new InviteUser(people.ctx, { email: imported })),
    ).rejects.toMatchObject({ code: 'auth.user.email_taken' });
  });

  it('is confirmed by exactly one of 50 at the same time', async () => {
    const email = people.anEmail();
    await register(email);
    const token = await people.tokenTo(email);
    const confirm = () => people.post('registrations:confirm', { token, password });
    const answers = await Promise.all(Array.from({ length: 50 }, confirm));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422 || status === 503)).toHaveLength(49);
  });

  it('takes no password before, which somebody else could have chosen', async () => {
    const body = { tenant: people.slug, email: people.anEmail(), password };
    expect((await people.post('registrations', body)).status).toBe(400);
  });

  it('takes the tenant from the host name, if the body names none', async () => {
    const email = people.anEmail();
    const at = (host: string) => people.app.rawPost('/v1/auth/registrations', { email }, host);
    expect((await at(`${people.slug}.app.example.com:${people.app.server.port}`)).status).toBe(202);
    // The link leads to where it is set up to lead, whatever the request calls us.
    const { links } = await people.app.mail.next(email);
    expect(links[0]).toMatch(/^https:\/\/app\.example\.com\/confirm-registration#token=/);
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

  it('ends when the tenant allows it no more, but not for who is invited then', async () => {
    const slug = `initech-${uuidv7()}`;
    const [id = ''] = await createTenants(people.app.app, 1, { slug, settings: { selfRegistration: true } });
    const [email, welcome] = [people.anEmail(), people.anEmail()];
    const tokens: string[] = [];
    for (const each of [email, welcome]) {
      await register(each, slug);
      tokens.push(await people.tokenTo(each));
    }
    const settings = { selfRegistration: false };
    await people.commands.execute(new ChangeTenant(platformContext(), { id, settings }));
    // What is known of a tenant is used for a second.
    const known = () => people.app.get(TenantLookup).byId(id);
    while ((await known())?.settings['selfRegistration'] === true) await sleep(50);
    const confirm = (token = '') => people.post('registrations:confirm', { token, password });
    for (const token of tokens)
      expect(await confirm(token)).toMatchObject({ status: 403, body: { code: 'auth.registration.closed' } });
    const ctx = testContext({ tenantId: id });
    const user = await people.app.get(UserAccounts).findByLogin(id, welcome);
    await people.commands.execute(new InviteUserAgain(ctx, { id: user?.id ?? '' }));
    const token = await people.tokenTo(welcome);
    expect((await people.post('invitations:accept', { token, password })).status).toBe(200);
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
