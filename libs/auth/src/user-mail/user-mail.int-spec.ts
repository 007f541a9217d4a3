import { Database, uuidv7 } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import { DeleteUser } from '../user/commands/delete-user.command.js';
import { OneTimeTokens } from '../one-time-token/one-time-tokens.js';
import { MailApp, tokenIn } from '../spec-support/mail-app.js';
import { User } from '../user/user.aggregate.js';
import { UserMailSubscription } from './user-mail.subscription.js';

type Mailed = Parameters<UserMailSubscription['deliver']>[0];

describe('Mails to users', () => {
  let app: MailApp;
  let ctx: Context;
  let store: EventStore;
  let tokens: OneTimeTokens;

  beforeAll(async () => {
    app = await MailApp.start();
    const settings = { locale: 'de-CH' };
    const [tenantId = ''] = await createTenants(app.app, 1, { name: 'Acme & Söhne', settings });
    ctx = testContext({ tenantId });
    store = app.get(EventStore);
    tokens = app.get(OneTimeTokens);
  });
  afterAll(() => app.close());

  const nobody = { userName: null, givenName: null, familyName: null, department: null, locale: null };
  async function aUser(
    happens: (user: User) => void,
    inTenant = ctx,
  ): Promise<{ id: string; email: string }> {
    const user = new User(uuidv7());
    happens(user);
    await store.save(inTenant, user);
    return { id: user.id, email: emailOf(user.id) };
  }
  const emailOf = (id: string) => `${id}@example.com`;
  const person = (user: User, locale: string | null = null) => ({
    ...nobody,
    locale,
    email: emailOf(user.id),
    displayName: 'Buy pills at http://evil.example.com',
  });
  const active = (user: User) => user.create(person(user), { emailVerified: true });
  const change = (id: string, decide: (user: User) => void, actor = ctx.actor) =>
    store.update({ ...ctx, actor }, User, id, decide);

  it('invite, in the tenant’s language and name, with a link that works', async () => {
    const { id, email } = await aUser((user) => user.invite(person(user)));
    const mail = await app.mail.next(email);
    expect(mail.subject).toBe('Ihre Einladung zu Acme & Söhne');
    expect(mail.html).toContain('Acme &amp; Söhne');
    expect(mail.links[0]).toMatch(/^https:\/\/app\.example\.com\/accept-invitation#token=accionce_/);
    expect(await tokens.peek(tokenIn(mail), 'invitation')).toEqual({
      tenantId: ctx.tenantId,
      userId: id,
      data: {},
    });
  });

  it('speak the user’s own language, and never their words', async () => {
    const { email } = await aUser((user) => user.invite(person(user, 'en-GB')));
    const mail = await app.mail.next(email);
    expect(mail.subject).toBe('Your invitation to Acme & Söhne');
    expect(mail.text + mail.html).not.toMatch(/pills|evil/);
  });

  it('confirm a registration, and another time when it is asked for', async () => {
    const { id, email } = await aUser((user) => user.register(person(user)));
    const first = await app.mail.next(email);
    await change(id, (user) => user.inviteAgain(new Date()), 'anonymous');
    const second = await app.mail.next(email);
    for (const mail of [first, second]) {
      expect(mail.subject).toMatch(/Registrierung/);
      expect(await tokens.peek(tokenIn(mail), 'registration')).toMatchObject({ userId: id });
    }
  });

  it('confirm a new address there, and tell the old one once it has changed', async () => {
    const { id, email } = await aUser(active);
    const [requestId, wanted] = [uuidv7(), `new-${id}@example.com`];
    await change(id, (user) => user.requestEmailChange({ requestId, email: wanted }, new Date()));
    const mail = await app.mail.next(wanted);
    expect(await tokens.peek(tokenIn(mail), 'email_change')).toMatchObject({
      userId: id,
      data: { requestId },
    });
    await change(id, (user) => user.confirmEmailChange(requestId));
    const notice = await app.mail.next(email);
    expect(notice.subject).toMatch(/E-Mail-Adresse .* geändert/);
    expect(notice.text).not.toContain(wanted);
  });

  it('let somebody choose a new password, and tell them once it has changed', async () => {
    const { id, email } = await aUser(active);
    await change(id, (user) => user.requestPasswordReset(new Date()));
    const mail = await app.mail.next(email);
    expect(await tokens.peek(tokenIn(mail), 'password_reset')).toMatchObject({ userId: id });
    await change(id, (user) => user.changePassword('reset'));
    expect(await app.mail.next(email)).toMatchObject({
      links: [],
      subject: expect.stringMatching(/geändert/),
    });
  });

  it('are not sent to those who are kept out, or have no need of them any more, by then', async () => {
    const wanted = `later-${uuidv7()}@example.com`;
    const silent = await Promise.all([
      aUser((user) => {
        user.invite(person(user));
        user.lock('why not');
      }),
      aUser((user) => {
        user.invite(person(user));
        user.deactivate();
      }),
      aUser((user) => {
        user.invite(person(user));
        user.activate({ emailVerified: true });
        user.changePassword('set');
      }),
      aUser((user) => {
        active(user);
        user.requestPasswordReset(new Date());
        user.requestEmailChange({ requestId: uuidv7(), email: wanted }, new Date());
        user.lock('why not');
      }),
    ]);
    await app.settled();
    const addresses = new Set([...silent.map(({ email }) => email), wanted]);
    expect(app.mail.mails.filter(({ to }) => addresses.has(to))).toEqual([]);
  });

  it('are not sent for what was asked so long ago that the link would have ended, as in a tenant that is imported', async () => {
    const { id, email } = await aUser(active);
    await change(id, (user) => {
      user.requestPasswordReset(new Date());
      user.changePassword('reset');
    });
    await app.settled();
    const before = app.mail.mails.filter(({ to }) => to === email).length;
    const events = (await store.readStream(ctx, User.streamType, id)) as Mailed[];
    const subscription = app.get(UserMailSubscription);
    const info = { id: uuidv7(), attempt: 1, signal: AbortSignal.timeout(10_000) };
    const deliver = (ageMs: number) =>
      Promise.all(
        events.map((event) =>
          subscription.deliver({ ...event, recordedAt: new Date(Date.now() - ageMs) }, info),
        ),
      );
    await deliver(25 * 3_600_000);
    expect(app.mail.mails.filter(({ to }) => to === email)).toHaveLength(before);
    await deliver(29 * 60_000);
    expect(app.mail.mails.filter(({ to }) => to === email)).toHaveLength(before + 2);
  });

  it('are not sent in the name of a tenant that is suspended', async () => {
    const [tenantId = ''] = await createTenants(app.app, 1);
    const inTenant = testContext({ tenantId });
    await app
      .get(CommandBus)
      .execute(new SuspendTenant(platformContext(), { id: tenantId, reason: 'unpaid' }));
    const { email } = await aUser((user) => user.invite(person(user)), inTenant);
    await app.settled();
    expect(app.mail.mails.filter(({ to }) => to === email)).toEqual([]);
  });

  it('come again after a failure, with a token of their own; all are good until one is used', async () => {
    app.mail.unsaid = 1;
    const { email } = await aUser((user) => user.invite(person(user)));
    const [first, second] = [await app.mail.next(email), await app.mail.next(email)];
    expect(second.headers.get('message-id')).toBe(first.headers.get('message-id'));
    const [one, other] = [tokenIn(first), tokenIn(second)];
    expect(other).not.toBe(one);
    const use = (token: string) =>
      app.app
        .get(Database, { strict: false })
        .inTenant(ctx.tenantId, (tx) => tokens.consume(tx, token, 'invitation'));
    await use(one);
    await expect(use(other)).rejects.toMatchObject({ code: 'auth.one_time_token.invalid' });
  });

  it('that an address refuses for good hold up none of those that follow', async () => {
    app.mail.refuseWith = 550;
    const { id, email } = await aUser((user) => user.invite(person(user)));
    await app.settled();
    app.mail.refuseWith = undefined;
    await change(id, (user) => user.inviteAgain(new Date()));
    expect(await app.mail.next(email)).toMatchObject({ subject: expect.stringMatching(/Einladung/) });
  });

  it('leave nothing behind of somebody who is deleted', async () => {
    const { id, email } = await aUser((user) => user.invite(person(user)));
    const token = tokenIn(await app.mail.next(email));
    await app.get(CommandBus).execute(new DeleteUser(ctx, { id }));
    await expect(tokens.peek(token, 'invitation')).rejects.toMatchObject({
      code: 'auth.one_time_token.invalid',
    });
  });
});
