import { uuidv7 } from '@acci/database';
import { EventStore } from '@acci/event-store';
import { PLATFORM_TENANT_ID, SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { InviteOwner, OwnerExists, RegisterUser } from '../index.js';
import { aUser, contextIn, logIn } from '../spec-support/log-in.js';
import { invalidToken, password, People } from '../spec-support/people.js';
import { issueKey } from '../testing.js';
import { User } from '../user/user.aggregate.js';

describe('POST /v1/tenants/{id}/owners', () => {
  let people: People;
  let operatorId: string;
  let operator: string;
  let tenantId: string;
  let slug: string;

  beforeAll(async () => {
    people = await People.start();
    operatorId = await aUser(people.app.app, PLATFORM_TENANT_ID);
    const store = people.app.get(EventStore);
    await store.update(contextIn(PLATFORM_TENANT_ID), User, operatorId, (user) =>
      user.assignRole('operator'),
    );
    operator = (await logIn(people.app.app, PLATFORM_TENANT_ID, operatorId)).token;
  });
  afterAll(() => people.close());
  beforeEach(async () => {
    slug = `t-${uuidv7()}`;
    [tenantId = ''] = await createTenants(people.app.app, 1, { slug });
  });

  const reason = 'Contract 2026-014';
  const invite = (email: string, more: object = {}, tenant = tenantId, token = operator) =>
    people.app.server.send('POST', `/v1/tenants/${tenant}/owners`, token, { email, reason, ...more });
  const accept = (token: string) => people.post('invitations:accept', { token, password });
  const exists = { status: 409, body: { code: 'auth.owner.exists' } };
  const owners = async () => {
    const rows = await people.app.db.admin<{ email: string }>(
      `select email from acci.users u join acci.role_assignments a
           on a.tenant_id = u.tenant_id and a.principal_id = u.id and a.role_id = 'owner'
        where u.tenant_id = $1`,
      [tenantId],
    );
    return rows.map(({ email }) => email);
  };
  const history = () => people.app.get(EventStore).readStream(contextIn(tenantId), 'auth.owner', tenantId);

  it('makes the first owner, who gets in by the mail; the tenant sees by whom, when and why', async () => {
    const email = people.anEmail();
    const invited = await invite(email, { displayName: 'Ada', locale: 'en' });
    expect(invited).toMatchObject({ status: 200, body: { tenantId, userId: expect.any(String) } });
    expect(invited.headers.get('event-position')).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await accept(await people.tokenTo(email))).toMatchObject({ status: 200, body: { tenant: slug } });
    expect(await people.post('login', { tenant: slug, login: email, password, as: 'token' })).toMatchObject({
      status: 200,
    });
    expect(await history()).toMatchObject([
      {
        type: 'auth.owner.invited',
        data: { userId: invited.body.userId, reason },
        metadata: { actor: `operator:${operatorId}` },
      },
    ]);
    const events = await people.app
      .get(EventStore)
      .readStream(contextIn(tenantId), 'auth.user', invited.body.userId);
    expect(events.slice(0, 2).map(({ type, metadata }) => [type, metadata.actor])).toEqual([
      ['auth.user.invited', `operator:${operatorId}`],
      ['auth.user.role_assigned', `operator:${operatorId}`],
    ]);
    // From then on it is the owner who invites.
    expect(await invite(people.anEmail())).toMatchObject(exists);
    expect(await invite(email)).toMatchObject(exists);
    expect(await owners()).toEqual([email]);
  });

  it('sends the mail again for the same address, once a minute', async () => {
    const email = people.anEmail();
    const first = await invite(email);
    await people.tokenTo(email);
    const again = await invite(email.toUpperCase(), { reason: 'It did not arrive' });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(await accept(await people.tokenTo(email))).toMatchObject({ status: 200 });
    expect((await history()).map(({ data }) => data)).toEqual([
      { userId: first.body.userId, reason },
      { userId: first.body.userId, reason: 'It did not arrive' },
    ]);
    expect(await owners()).toEqual([email]);
  });

  it('takes the open invitation back for another address: the wrong one opens nothing and is forgotten', async () => {
    const [wrong, right] = [people.anEmail(), people.anEmail()];
    const { body: first } = await invite(wrong);
    const stolen = await people.tokenTo(wrong);
    const { body: second } = await invite(right, { reason: 'Mistyped' });
    expect(await accept(stolen)).toMatchObject(invalidToken);
    expect(await owners()).toEqual([right]);
    expect((await history()).map(({ type, data }) => [type, data])).toEqual([
      ['auth.owner.invited', { userId: first.userId, reason }],
      ['auth.owner.invitation_withdrawn', { userId: first.userId }],
      ['auth.owner.invited', { userId: second.userId, reason: 'Mistyped' }],
    ]);
    const users = await people.app.db.admin('select email from acci.users where tenant_id = $1', [tenantId]);
    expect(users).toEqual([{ email: right }]);
    // Back again: the address is free.
    expect(await invite(wrong)).toMatchObject({ status: 200 });
    expect(await owners()).toEqual([wrong]);
    expect(await accept(await people.tokenTo(wrong))).toMatchObject({ status: 200 });
  });

  it('keeps the open invitation when the other one cannot be made', async () => {
    const [first, taken] = [people.anEmail(), (await people.active(contextIn(tenantId))).email];
    await invite(first);
    expect(await invite(taken)).toMatchObject({ status: 409, body: { code: 'auth.user.email_taken' } });
    expect(await owners()).toEqual([first]);
    expect(await accept(await people.tokenTo(first))).toMatchObject({ status: 200 });
  });

  it('takes the place of a registration that nobody has confirmed', async () => {
    const email = people.anEmail();
    await people.commands.execute(new RegisterUser(contextIn(tenantId), { email }));
    await people.tokenTo(email);
    expect(await invite(email)).toMatchObject({ status: 200 });
    expect(await owners()).toEqual([email]);
  });

  it('leaves one owner of 50 who are invited at once, and of 50 who invite them sends one mail', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => invite(people.anEmail())));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const [left = '', ...others] = await owners();
    expect(others).toEqual([]);
    const again = await Promise.all(Array.from({ length: 50 }, () => invite(left)));
    expect(again.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(again.filter(({ body }) => body.code === 'auth.user.mail_too_soon')).toHaveLength(49);
    expect(await accept(await people.tokenTo(left))).toMatchObject({ status: 200 });
    expect(await owners()).toEqual([left]);
  });

  it.each([1, 2, 3, 4, 5])('is accepted or taken back, never both (%i)', async () => {
    const [first, second] = [people.anEmail(), people.anEmail()];
    await invite(first);
    const token = await people.tokenTo(first);
    const [accepted, invited] = await Promise.all([accept(token), invite(second)]);
    const wasAccepted = accepted.status === 200;
    expect(invited).toMatchObject(wasAccepted ? exists : { status: 200 });
    if (!wasAccepted) expect(accepted).toMatchObject(invalidToken);
    expect(await owners()).toEqual([wasAccepted ? first : second]);
  });

  it('makes one under an Idempotency-Key, also when the invitation was accepted since', async () => {
    const email = people.anEmail();
    const command = { ...platformContext(), commandId: uuidv7() };
    const wish = { tenantId, email, reason };
    const commands = people.commands;
    const { streamId } = await commands.execute(new InviteOwner(command, wish));
    expect(await accept(await people.tokenTo(email))).toMatchObject({ status: 200 });
    expect(await commands.execute(new InviteOwner(command, wish))).toMatchObject({ streamId });
    await expect(commands.execute(new InviteOwner(platformContext(), wish))).rejects.toThrow(OwnerExists);
  });

  it('is for tenants that are served, and not for the platform’s', async () => {
    const email = people.anEmail();
    expect(await invite(email, {}, PLATFORM_TENANT_ID)).toMatchObject({
      status: 409,
      body: { code: 'auth.owner.platform' },
    });
    expect(await invite(email, {}, uuidv7())).toMatchObject({
      status: 404,
      body: { code: 'tenancy.tenant.not_found' },
    });
    await people.commands.execute(new SuspendTenant(platformContext(), { id: tenantId, reason: 'unpaid' }));
    expect(await invite(email)).toMatchObject({ status: 403, body: { code: 'tenancy.tenant.suspended' } });
    expect(await owners()).toEqual([]);
  });

  it('is nobody’s business but the platform’s', async () => {
    const email = people.anEmail();
    const everything = ['tenancy.*', 'auth.*'];
    const { key: tenants } = await issueKey(people.app.app, { tenantId, permissions: everything });
    expect(await invite(email, {}, tenantId, tenants)).toMatchObject({
      status: 403,
      body: { code: 'tenancy.platform.required' },
    });
    const others = ['auth.*', 'tenancy.tenants.impersonate', 'tenancy.tenants.create'];
    const { key: without } = await issueKey(people.app.app, { permissions: others });
    expect(await invite(email, {}, tenantId, without)).toMatchObject({
      status: 403,
      body: { code: 'auth.permission.missing', permission: 'tenancy.tenants.invite_owner' },
    });
  });

  it.each([
    { reason: '' },
    { reason: undefined },
    { email: 'ada' },
    { roles: ['owner'] },
    { tenantId: uuidv7() },
  ])('is not had for %j', async (body) => {
    expect(await invite(people.anEmail(), body)).toMatchObject({ status: 400 });
  });
});
