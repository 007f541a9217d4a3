import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { PersonalData } from '@acci/event-store';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import { CreateUser, DeleteUser, LockUser } from '../../index.js';
import { type Answer, AuthServer, createAuthDatabase } from '../../spec-support/auth-app.js';
import { admitTestUsers } from '../../spec-support/user-key.js';
import { issueKey } from '../../testing.js';

interface Person {
  readonly tenantId: string;
  readonly userId: string;
}

describe('/v1/me/identity-links', () => {
  let db: TestDatabase;
  let server: AuthServer;
  let tenants: string[];

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start('fastify', db);
    admitTestUsers(server.app);
    tenants = await createTenants(server.app, 3, { name: 'Acme' });
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const commands = () => server.app.get(CommandBus, { strict: false });
  const contextOf = (tenantId: string) => platformContext({ tenantId });
  async function person(tenant = 0): Promise<Person> {
    const tenantId = tenants[tenant] as string;
    const email = `p-${uuidv7()}@example.com`;
    const made = new CreateUser(contextOf(tenantId), { email, displayName: 'Ada', emailVerified: true });
    return { tenantId, userId: (await commands().execute(made)).streamId };
  }
  const ask = (who: Person, method: string, path = '', body?: unknown): Promise<Answer> =>
    server.send(method, `/v1/me/identity-links${path}`, undefined, body, {
      'x-test-user': `${who.tenantId}/${who.userId}`,
    });
  const offer = async (who: Person): Promise<string> => (await ask(who, 'POST', '/offers')).body.token;
  const linksOf = async (who: Person): Promise<{ id: string; userId: string }[]> =>
    (await ask(who, 'GET')).body.items;
  async function linked(): Promise<readonly [Person, Person, string]> {
    const [one, other] = [await person(0), await person(1)];
    const answer = await ask(other, 'POST', '', { token: await offer(one) });
    expect(answer.status).toBe(201);
    return [one, other, answer.body.id];
  }
  const refused = ({ status, body }: Answer) => [status, body.code];
  const invalid = [422, 'auth.one_time_token.invalid'];

  it('links two users when both have said that they are one person, and tells both', async () => {
    const [one, other] = [await person(0), await person(1)];
    const token = await offer(one);
    expect((await ask(other, 'POST', '/preview', { token })).body).toEqual({
      tenant: { id: one.tenantId, slug: expect.any(String), name: 'Acme' },
      displayName: 'Ada',
      email: expect.stringContaining('@example.com'),
    });
    expect(await linksOf(other)).toEqual([]);
    const { body } = await ask(other, 'POST', '', { token });
    expect(await linksOf(one)).toMatchObject([
      { id: body.id, userId: other.userId, tenant: { id: other.tenantId } },
    ]);
    expect(await linksOf(other)).toMatchObject([
      { id: body.id, userId: one.userId, tenant: { id: one.tenantId } },
    ]);
  });

  it('says in no event, and to no tenant, who the other one is', async () => {
    const [one, other] = await linked();
    for (const [side, stranger] of [
      [one, other],
      [other, one],
    ] as const) {
      const events = await db.admin('select * from acci.events where stream_id = $1', [side.userId]);
      expect(JSON.stringify(events)).toContain('auth.user.identity_linked');
      expect(JSON.stringify(events)).not.toContain(stranger.userId);
      expect(JSON.stringify(events)).not.toContain(stranger.tenantId);
      expect(events.at(-1)).toMatchObject({ metadata: { actor: `user:${side.userId}` } });
    }
    const reading = db.database.queryInTenant(one.tenantId, 'select * from acci.identity_links');
    await expect(reading).rejects.toThrow(/permission denied/);
  });

  it('takes an offer up once, of 50 who try at the same time', async () => {
    const token = await offer(await person(0));
    const others = await Promise.all(Array.from({ length: 50 }, (_, index) => person(1 + (index % 2))));
    const answers = await Promise.all(others.map((other) => ask(other, 'POST', '', { token })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expect(refused(answer)).toEqual(invalid);
    const links = await Promise.all(others.map(linksOf));
    expect(links.flat()).toHaveLength(1);
  });

  it('refuses what is no offer, an older one, one of the same tenant, and a second link', async () => {
    const [one, other] = await linked();
    const first = await offer(one);
    const second = await offer(one);
    for (const token of [first, 'nonsense', `${second.slice(0, -1)}0`, '\0'])
      expect(refused(await ask(other, 'POST', '', { token }))).toEqual(invalid);
    expect(refused(await ask(await person(0), 'POST', '', { token: second }))).toEqual([
      422,
      'auth.identity_link.same_tenant',
    ]);
    expect(refused(await ask(other, 'POST', '', { token: second }))).toEqual([
      409,
      'auth.identity_link.exists',
    ]);
    // What was refused was not used up.
    expect((await ask(await person(2), 'POST', '', { token: second })).status).toBe(201);
  });

  it('takes up no offer of somebody who could not log in', async () => {
    const locked = await person(0);
    const lockedToken = await offer(locked);
    const lock = new LockUser(contextOf(locked.tenantId), { id: locked.userId, reason: 'x' });
    await commands().execute(lock);
    const suspended = await person(2);
    const suspendedToken = await offer(suspended);
    const other = await person(1);
    expect(refused(await ask(other, 'POST', '', { token: lockedToken }))).toEqual(invalid);
    await commands().execute(new SuspendTenant(platformContext(), { id: suspended.tenantId, reason: 'x' }));
    await new Promise((resolve) => setTimeout(resolve, 1_001));
    expect(refused(await ask(other, 'POST', '', { token: suspendedToken }))).toEqual(invalid);
    expect(refused(await ask(other, 'POST', '/preview', { token: suspendedToken }))).toEqual(invalid);
  });

  it('is taken back by either side, and by nobody else', async () => {
    const [one, other, id] = await linked();
    expect(refused(await ask(await person(0), 'DELETE', `/${id}`))).toEqual([
      404,
      'auth.identity_link.not_found',
    ]);
    expect((await ask(one, 'DELETE', `/${id}`)).status).toBe(204);
    expect([await linksOf(one), await linksOf(other)]).toEqual([[], []]);
    expect(refused(await ask(other, 'DELETE', `/${id}`))).toEqual([404, 'auth.identity_link.not_found']);
    const types = await db.admin(
      `select type from acci.events where stream_id = any ($1) and type like '%unlinked'`,
      [[one.userId, other.userId]],
    );
    expect(types).toHaveLength(2);
  });

  it('is gone with a user who is deleted or forgotten', async () => {
    const [one, other] = await linked();
    await commands().execute(new DeleteUser(contextOf(one.tenantId), { id: one.userId }));
    expect(await linksOf(other)).toEqual([]);
    const rows = 'select from acci.identity_links where user_id = any ($1)';
    expect(await db.admin(rows, [[one.userId, other.userId]])).toEqual([]);
    const [third, fourth] = await linked();
    await server.app.get(PersonalData).forget(contextOf(third.tenantId), third.userId);
    expect(await linksOf(fourth)).toEqual([]);
  });

  it('is nothing for a key', async () => {
    const { key } = await issueKey(server.app, { tenantId: tenants[0] as string });
    for (const [method, path, body] of [
      ['GET', ''],
      ['POST', '/offers'],
      ['POST', '/preview', { token: 'x' }],
      ['POST', '', { token: 'x' }],
      ['DELETE', `/${uuidv7()}`],
    ] as const)
      expect(refused(await server.send(method, `/v1/me/identity-links${path}`, key, body))).toEqual([
        403,
        'auth.caller.not_a_user',
      ]);
  });
});
