import type { TestDatabase } from '@acci/database/testing';
import { InviteUser } from '../index.js';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { Grantors } from '../spec-support/grantors.js';
import { contextIn } from '../spec-support/log-in.js';
import { LoggedIn, refused } from '../spec-support/logged-in.js';

const notHeld = refused('auth.permission.not_held');
const lock = { reason: 'test' };

/** Every way to lay hands on an account that is somebody else's. */
const ways = [
  ['PATCH', '', { displayName: 'Mine' }],
  ['PATCH', '', { userName: 'mine' }],
  ['PATCH', '', { department: null }],
  ['POST', '/lock', lock],
  ['POST', '/unlock', undefined],
  ['POST', '/deactivate', undefined],
  ['POST', '/reactivate', undefined],
  ['POST', '/invite', undefined],
  ['DELETE', '/sessions', undefined],
  ['DELETE', '', undefined],
] as const;

describe('The account of somebody who may do more', () => {
  let db: TestDatabase;
  let server: AuthServer;
  let acme: Grantors;
  let owner: string;
  let admin: LoggedIn;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start('fastify', db);
    acme = await Grantors.start(server.app);
    owner = await acme.user('owner');
    // Or the last owner would be the reason.
    await acme.user('owner');
    admin = await LoggedIn.as(server, acme, await acme.user('admin'));
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const eventsOf = (id: string) => db.admin('select type from acci.events where stream_id = $1', [id]);

  it.each(ways)('is not theirs to change: %s /v1/users/{id}%s %j', async (method, path, body) => {
    const [byGroup, invited] = [await acme.user(), await acme.execute(invitation())];
    await acme.group(['owner'], [byGroup, invited.streamId]);
    for (const id of [owner, byGroup, invited.streamId]) {
      const before = await eventsOf(id);
      expect(await admin.as(method, `users/${id}${path}`, body)).toMatchObject(notHeld);
      expect(await eventsOf(id)).toEqual(before);
    }
  });

  it('has its address and its password changed by nobody else at all', async () => {
    const email = 'mine@example.com';
    for (const [method, path, body] of [
      ['PATCH', '', { email }],
      ['POST', '/email', { email }],
      ['PUT', '/email', { email }],
      ['POST', '/password', { password: 'nine plum trees in a row' }],
      ['POST', '/password-reset', {}],
    ] as const) {
      const { status } = await admin.as(method, `users/${owner}${path}`, body);
      expect([400, 404]).toContain(status);
    }
  });

  it('is theirs who hold all that it holds: an owner’s is an owner’s, an administrator’s another one’s', async () => {
    const other = await LoggedIn.as(server, acme, owner);
    const third = await acme.user('owner', 'auditor');
    expect(await other.as('POST', `users/${third}/lock`, lock)).toMatchObject({ status: 200 });
    for (const id of [await acme.user('admin'), await acme.user('member', 'auditor'), await acme.user()])
      expect(await admin.as('DELETE', `users/${id}`)).toMatchObject({ status: 204 });
    expect(await admin.as('PATCH', `users/${admin.id}`, { displayName: 'Me' })).toMatchObject({
      status: 200,
    });
  });

  it('takes all of it: what a help desk lacks keeps them from it, but for what every member may', async () => {
    const desk = await acme.role({ permissions: ['auth.users.lock'] });
    const helper = await LoggedIn.as(server, acme, await acme.user(desk));
    const lockOf = (id: string) => helper.as('POST', `users/${id}/lock`, lock);
    for (const roles of [[], ['member'], [desk]])
      expect(await lockOf(await acme.user(...roles))).toMatchObject({ status: 200 });
    for (const role of ['auditor', await acme.role({ permissions: ['auth.users.lock', 'auth.users.read'] })])
      expect(await lockOf(await acme.user(role))).toMatchObject(notHeld);
  });

  it('counts what it may under a condition as far as the condition goes', async () => {
    const own = await acme.role({
      permissions: ['auth.users.read'],
      condition: { department: { user: 'department' } },
    });
    const desk = await acme.role({ permissions: ['auth.users.lock'] });
    const helper = await LoggedIn.as(server, acme, await acme.userOf('Sales', own, desk));
    const lockOf = (id: string) => helper.as('POST', `users/${id}/lock`, lock);
    expect(await lockOf(await acme.userOf('Sales', own))).toMatchObject({ status: 200 });
    expect(await lockOf(await acme.user(own))).toMatchObject({ status: 200 });
    expect(await lockOf(await acme.userOf('HR', own))).toMatchObject(notHeld);
  });

  it('is an owner’s from the moment on in which they are one, though 25 delete them at the same time', async () => {
    for (let round = 0; round < 3; round += 1) {
      const target = await acme.user();
      const [made, ...deleted] = await Promise.all([
        acme.setUser(target, 'owner', true).then(
          () => true,
          () => false,
        ),
        ...Array.from({ length: 25 }, () => admin.as('DELETE', `users/${target}`)),
      ]);
      const codes = new Set(deleted.map(({ status, body }) => (status === 204 ? 'deleted' : body.code)));
      // Made an owner first, nobody deleted them; deleted first, nobody made them an owner.
      expect(codes.has('deleted')).toBe(!made);
      expect(codes.has('auth.permission.not_held')).toBe(made);
    }
  });

  const invitation = () =>
    new InviteUser(contextIn(acme.tenantId), { email: `i-${crypto.randomUUID()}@example.com` });
});
