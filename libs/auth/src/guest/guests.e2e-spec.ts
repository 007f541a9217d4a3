import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { MoveTenant, PLATFORM_TENANT_ID } from '@acci/tenancy';
import { platformContext } from '@acci/tenancy/testing';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { Grantors } from '../spec-support/grantors.js';
import { idsIn, LoggedIn, refused } from '../spec-support/logged-in.js';
import { issueKey } from '../testing.js';

let db: TestDatabase;
let server: AuthServer;

beforeAll(async () => {
  db = await createAuthDatabase();
  server = await AuthServer.start('fastify', db);
});
afterAll(async () => {
  await server.app.close();
  await db.close();
});

describe('X-Acci-Tenant', () => {
  let stranger: Grantors;
  let parent: Grantors;
  let child: Grantors;
  let sibling: Grantors;
  let admin: LoggedIn;
  let childsOwner: LoggedIn;

  beforeAll(async () => {
    stranger = await Grantors.start(server.app);
    parent = await Grantors.start(server.app);
    [child, sibling] = [
      await Grantors.start(server.app, parent.tenantId),
      await Grantors.start(server.app, parent.tenantId),
    ];
    admin = await LoggedIn.as(server, parent, await parent.user('owner'));
    childsOwner = await LoggedIn.as(server, child, await child.user('owner'));
  });
  const notReachable = refused('auth.tenant.not_reachable');

  it('lets nobody in who was not given a role there, however mighty above', async () => {
    for (const tenantId of [child.tenantId, stranger.tenantId, uuidv7(), PLATFORM_TENANT_ID, 'child', ''])
      expect(await admin.at(tenantId, 'GET', 'users')).toMatchObject(notReachable);
    expect(await admin.at(parent.tenantId, 'GET', 'users')).toMatchObject({ status: 200 });
  });

  it('lets a guest do there what their roles there give, and shows in its events who it was', async () => {
    const user = await parent.user();
    const give = (roleId: string) => childsOwner.as('PUT', `guests/${user}/roles/${roleId}`);
    expect(await give('admin')).toMatchObject({ status: 204 });
    expect((await childsOwner.as('GET', 'guests')).body.items).toEqual([
      { userId: user, homeTenantId: parent.tenantId, roleIds: ['admin'] },
    ]);
    const guest = await LoggedIn.as(server, parent, user);
    expect(await guest.as('GET', 'users')).toMatchObject(refused('auth.permission.missing'));
    expect(idsIn(await guest.at(child.tenantId, 'GET', 'users'))).toEqual([childsOwner.id]);
    const made = await guest.at(child.tenantId, 'POST', 'groups', { name: 'From above' });
    const [event] = await db.admin<{ tenant_id: string; actor: string }>(
      `select tenant_id, metadata ->> 'actor' as actor from acci.events where stream_id = $1`,
      [made.body.id],
    );
    expect(event).toEqual({ tenant_id: child.tenantId, actor: `guest:${parent.tenantId}/${user}` });
    // There they give what they hold there, and no more.
    const target = await child.user();
    expect(await guest.at(child.tenantId, 'PUT', `users/${target}/roles/member`)).toMatchObject({
      status: 204,
    });
    expect(await guest.at(child.tenantId, 'PUT', `users/${target}/roles/owner`)).toMatchObject(
      refused('auth.permission.not_held'),
    );
    expect(await guest.at(sibling.tenantId, 'GET', 'users')).toMatchObject(notReachable);
  });

  it('leads neither upwards nor sideways, whoever would give a role', async () => {
    const below = await LoggedIn.as(server, child, await child.user('owner'));
    for (const { tenantId } of [parent, sibling])
      expect(await below.at(tenantId, 'GET', 'users')).toMatchObject(notReachable);
    const give = (by: LoggedIn, userId: string) => by.as('PUT', `guests/${userId}/roles/member`);
    const siblings = await sibling.user();
    for (const [by, userId] of [
      [admin, below.id],
      [childsOwner, siblings],
      [childsOwner, below.id],
      [childsOwner, uuidv7()],
    ] as const)
      expect(await give(by, userId)).toMatchObject({ status: 404, body: { code: 'auth.guest.not_found' } });
  });

  it('ends with the place below: a tenant that moves away takes its guests’ way with it', async () => {
    const moving = await Grantors.start(server.app, parent.tenantId);
    const user = await parent.user();
    const owner = await LoggedIn.as(server, moving, await moving.user('owner'));
    expect(await owner.as('PUT', `guests/${user}/roles/member`)).toMatchObject({ status: 204 });
    const guest = await LoggedIn.as(server, parent, user);
    const look = () => guest.at(moving.tenantId, 'GET', 'permissions');
    expect(await look()).toMatchObject({ status: 200 });
    const move = { id: moving.tenantId, parentId: null };
    await moving.execute(new MoveTenant(platformContext(), move));
    await eventually(async () => expect(await look()).toMatchObject(notReachable));
  });

  it('is for users only, and only the tenant itself lets them in', async () => {
    const { key } = await issueKey(server.app, {
      tenantId: parent.tenantId,
      permissions: ['auth.users.read'],
    });
    const headers = { 'x-acci-tenant': child.tenantId };
    expect(await server.send('GET', '/v1/users', key, undefined, headers)).toMatchObject(notReachable);
    const user = await parent.user();
    const give = `/v1/guests/${user}/roles/member?tenantId=${child.tenantId}`;
    const { key: operator } = await issueKey(server.app);
    for (const answer of [await server.send('PUT', give, operator), await admin.as('PUT', give.slice(4))])
      expect(answer).toMatchObject({ status: 404, body: { code: 'auth.guest.not_found' } });
    expect(JSON.stringify((await childsOwner.as('GET', 'guests')).body)).not.toContain(user);
  });
});

/** Answers are kept for a second. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const end = Date.now() + 5_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
