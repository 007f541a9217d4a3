import { testContext } from '@acci/event-store/testing';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { invalidToken, password, People } from '../spec-support/people.js';
import { issueKey } from '../testing.js';

describe('Invitations', () => {
  let people: People;

  beforeAll(async () => {
    people = await People.start();
  });
  afterAll(() => people.close());

  const accept = (body: object) => people.post('invitations:accept', { password, ...body });

  describe('POST /v1/auth/invitations:accept', () => {
    it('makes the invited person active, with password and profile', async () => {
      const { id, email, token } = await people.invited();
      const profile = { displayName: 'Ada Lovelace', locale: 'en' };
      const joined = { status: 200, body: { tenant: people.slug, email } };
      expect(await accept({ token, profile })).toMatchObject(joined);
      const user = { status: 'active', ...profile, emailVerifiedAt: expect.any(String) };
      expect(await people.get(id)).toMatchObject(user);
      expect((await people.logIn(email)).status).toBe(200);
      expect(await accept({ token })).toMatchObject(invalidToken);
    });

    it('lets exactly one of 50 in who try at the same time', async () => {
      const { token } = await people.invited();
      const answers = await Promise.all(Array.from({ length: 50 }, () => accept({ token })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      // Hashing has a queue, and who finds it full is told so.
      expect(answers.filter(({ status }) => status === 422 || status === 503)).toHaveLength(49);
    });

    it('uses up nothing when it fails', async () => {
      const { id, token } = await people.invited();
      expect(await accept({ token, password: 'short' })).toMatchObject({
        status: 422,
        body: { code: 'auth.password.refused' },
      });
      expect(await people.get(id)).toMatchObject({ status: 'invited' });
      expect((await accept({ token })).status).toBe(200);
    });

    it('takes no token of another kind', async () => {
      const { email } = await people.active();
      expect(await accept({ token: await people.resetToken(email) })).toMatchObject(invalidToken);
    });

    it('takes no more than a person may say of themselves', async () => {
      const { token } = await people.invited();
      const others = [
        { department: 'Board' },
        { userName: 'root' },
        { status: 'active' },
        { email: 'x@y.z' },
      ];
      for (const profile of others) expect((await accept({ token, profile })).status).toBe(400);
      expect((await accept({ token, roles: ['owner'] })).status).toBe(400);
      expect((await accept({ token })).status).toBe(200);
    });

    it('lets nobody in who was locked meanwhile', async () => {
      const { id, token } = await people.invited();
      await people.lock(id);
      expect(await accept({ token })).toMatchObject(invalidToken);
    });

    it('lets nobody into a tenant that is suspended', async () => {
      const [id = ''] = await createTenants(people.app.app, 1);
      const { token } = await people.invited(testContext({ tenantId: id }));
      await people.commands.execute(new SuspendTenant(platformContext(), { id, reason: 'unpaid' }));
      expect(await accept({ token })).toMatchObject({
        status: 403,
        body: { code: 'tenancy.tenant.suspended' },
      });
    });
  });

  it('POST /v1/users/{id}/invite sends another mail, once a minute', async () => {
    const { id, email, token } = await people.invited();
    const permissions = ['auth.users.invite'];
    const { key } = await issueKey(people.app.app, { tenantId: people.ctx.tenantId, permissions });
    const again = () => people.app.server.send('POST', `/v1/users/${id}/invite`, key);
    expect(await again()).toMatchObject({ status: 200, body: { id } });
    const second = await people.tokenTo(email);
    expect(await again()).toMatchObject({ status: 429, body: { code: 'auth.user.mail_too_soon' } });
    expect((await accept({ token: second })).status).toBe(200);
    expect(await accept({ token })).toMatchObject(invalidToken);
    expect(await again()).toMatchObject({ status: 409, body: { code: 'auth.user.not_invited' } });
  });

  it('leave neither token nor password in clear in any table', async () => {
    const { email, token } = await people.invited();
    await accept({ token });
    const reset = await people.resetToken(email);
    await people.app.settled();
    const secrets = [token, reset].map((text) => text.split('_')[3] as string);
    expect(await people.tablesWith([...secrets, password])).toEqual([]);
  });
});
