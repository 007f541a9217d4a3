import { EventStore } from '@acci/event-store';
import { invalidToken, password, People } from '../spec-support/people.js';
import { issueKey } from '../testing.js';
import { User } from '../user/user.aggregate.js';

describe('POST /v1/me/email', () => {
  let people: People;

  beforeAll(async () => {
    people = await People.start();
  });
  afterAll(() => people.close());

  const confirm = (token: string) => people.post('email-changes:confirm', { token });

  it('mails to the new address, whose owner confirms; the old one is told', async () => {
    const { id, email, as } = await people.loggedIn();
    const wanted = people.anEmail();
    expect((await as('POST', '/v1/me/email', { email: wanted, password })).status).toBe(202);
    const token = await people.tokenTo(wanted);
    expect(await people.get(id)).toMatchObject({ email });
    expect((await confirm(token)).status).toBe(204);
    expect(await people.get(id)).toMatchObject({ email: wanted });
    expect(await confirm(token)).toMatchObject(invalidToken);
    expect((await people.app.mail.next(email)).subject).toMatch(/address .* was changed/);
    expect((await people.logIn(wanted)).status).toBe(200);
  });

  it('asks for the password, which nobody guesses at an open screen', async () => {
    const { as } = await people.loggedIn();
    const wanted = people.anEmail();
    const guess = () => as('POST', '/v1/me/email', { email: wanted, password: 'a guess at what it is' });
    expect(await guess()).toMatchObject({ status: 422, body: { code: 'auth.password.wrong' } });
    const codes: string[] = [];
    for (let count = 0; count < 8; count += 1) codes.push((await guess()).body.code);
    expect(codes.at(-1)).toBe('auth.login.throttled');
    await people.app.settled();
    expect(people.mailsTo(wanted)).toBe(0);
  });

  it('is confirmed by the mailbox that was asked for last, and by no other', async () => {
    const { id, as } = await people.loggedIn();
    const [first, last] = [people.anEmail(), people.anEmail()];
    await as('POST', '/v1/me/email', { email: first, password });
    const token = await people.tokenTo(first);
    // A minute later.
    const later = new Date(Date.now() + 60_000);
    const request = { requestId: '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f', email: last };
    const store = people.app.get(EventStore);
    await store.update(people.ctx, User, id, (user) => user.requestEmailChange(request, later));
    const newer = await people.tokenTo(last);
    expect(await confirm(token)).toMatchObject({
      status: 409,
      body: { code: 'auth.user.email_change_not_requested' },
    });
    expect((await confirm(newer)).status).toBe(204);
    expect(await people.get(id)).toMatchObject({ email: last });
  });

  it('tells nobody whether an address is taken, but whoever has its mailbox', async () => {
    const { as } = await people.loggedIn();
    const taken = await people.active();
    expect((await as('POST', '/v1/me/email', { email: taken.email, password })).status).toBe(202);
    expect(await confirm(await people.tokenTo(taken.email))).toMatchObject({
      status: 409,
      body: { code: 'auth.user.email_taken' },
    });
  });

  it('is confirmed by exactly one of 50 at the same time', async () => {
    const { as } = await people.loggedIn();
    const wanted = people.anEmail();
    await as('POST', '/v1/me/email', { email: wanted, password });
    const token = await people.tokenTo(wanted);
    const answers = await Promise.all(Array.from({ length: 50 }, () => confirm(token)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(49);
  });

  it('ends with the password, also when the mail comes late', async () => {
    const { id, email, as } = await people.loggedIn();
    const wanted = people.anEmail();
    people.app.mail.refuseWith = 451;
    expect((await as('POST', '/v1/me/email', { email: wanted, password })).status).toBe(202);
    const change = { current: password, password: 'ten pear trees in two rows' };
    expect((await as('POST', '/v1/me/password', change)).status).toBe(200);
    people.app.mail.refuseWith = undefined;
    expect(await confirm(await people.tokenTo(wanted))).toMatchObject({
      status: 409,
      body: { code: 'auth.user.email_change_not_requested' },
    });
    expect(await people.get(id)).toMatchObject({ email });
  });

  it('is for users only', async () => {
    const { key } = await issueKey(people.app.app, {
      tenantId: people.ctx.tenantId,
      permissions: ['auth.*'],
    });
    const body = { email: people.anEmail(), password };
    expect(await people.app.server.send('POST', '/v1/me/email', key, body)).toMatchObject({
      status: 403,
      body: { code: 'auth.caller.not_a_user' },
    });
  });
});
