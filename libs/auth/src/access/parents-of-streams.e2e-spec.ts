import type { TestDatabase } from '@acci/database/testing';
import {
  ChangeRole,
  ChangeUserProfile,
  DeleteGroup,
  DeleteUser,
  EndSession,
  RevokeApiKey,
  Sessions,
} from '../index.js';
import { AuthServer, createAuthDatabase, followIn } from '../spec-support/auth-app.js';
import { Grantors, program } from '../spec-support/grantors.js';
import { contextIn, logIn } from '../spec-support/log-in.js';
import { issueKey } from '../testing.js';

let db: TestDatabase;
let server: AuthServer;
let tenant: Grantors;
let key: string;
const follow = followIn(() => server);

beforeAll(async () => {
  db = await createAuthDatabase();
  server = await AuthServer.start('fastify', db);
  tenant = await Grantors.start(server.app);
  ({ key } = await issueKey(server.app, { tenantId: tenant.tenantId }));
});
afterAll(async () => {
  await server.app.close();
  await db.close();
});

const ctx = () => contextIn(tenant.tenantId);
const ends = (code: string) => ({ event: 'problem', data: { status: 404, code } });

describe('the roles of a user', () => {
  it('are told as the user’s groups change, and their names', async () => {
    const [user, other] = [await tenant.user(), await tenant.user()];
    const role = await tenant.role({});
    const group = await tenant.group([role]);
    const reader = await follow(`users/${user}/roles/stream`, key);
    const next = async () => (await reader.take(1))[0]?.data.items as unknown;
    const held = {
      id: role,
      name: expect.stringMatching('Role ') as unknown,
      direct: false,
      groupIds: [group],
    };

    await tenant.setMember(group, other, true);
    await tenant.setMember(group, user, true);
    expect(await next()).toEqual([held]);
    await tenant.set({ type: 'group', id: group }, 'auditor', true);
    expect(await next()).toEqual([held, expect.objectContaining({ id: 'auditor', groupIds: [group] })]);
    await tenant.execute(new ChangeRole(ctx(), program, { id: role, role: { name: 'After' } }));
    expect(await next()).toEqual([{ ...held, name: 'After' }, expect.anything()]);
    await tenant.execute(new DeleteGroup(ctx(), program, { id: group }));
    expect(await next()).toEqual([]);
  });

  it('end with the user, and nobody follows them then', async () => {
    const user = await tenant.user();
    const reader = await follow(`users/${user}/roles/stream`, key);
    await tenant.execute(new DeleteUser(ctx(), { id: user }));
    expect(await reader.next()).toMatchObject(ends('auth.user.not_found'));
    expect(await reader.next()).toBeUndefined();
    const again = { 'last-event-id': reader.lastEventId };
    await expect(follow(`users/${user}/roles/stream`, key, again)).rejects.toThrow('404');
  });
});

it('the roles of a key are none when it is revoked', async () => {
  const { id } = await issueKey(server.app, { tenantId: tenant.tenantId });
  await tenant.set({ type: 'api_key', id }, 'auditor', true);
  const reader = await follow(`api-keys/${id}/roles/stream`, key);
  await tenant.execute(new RevokeApiKey(ctx(), id));
  expect(await reader.take(1)).toMatchObject([{ data: { items: [] } }]);
});

it('members are told when they are renamed or deleted, strangers to the group are not; it ends with the group', async () => {
  const [member, stranger] = [await tenant.user(), await tenant.user()];
  const group = await tenant.group([], [member]);
  const reader = await follow(`groups/${group}/members/stream`, key);
  const rename = (id: string) =>
    tenant.execute(new ChangeUserProfile(ctx(), { id, profile: { displayName: 'Grace' } }));
  await rename(stranger);
  await rename(member);
  expect(await reader.take(1)).toMatchObject([{ data: { userId: member, displayName: 'Grace' } }]);
  await tenant.execute(new DeleteUser(ctx(), { id: member }));
  expect(await reader.take(1)).toMatchObject([{ event: 'removed', data: { id: member } }]);
  await tenant.execute(new DeleteGroup(ctx(), program, { id: group }));
  expect(await reader.next()).toMatchObject(ends('auth.group.not_found'));
});

it('credentials end with their account', async () => {
  const created = await server.send('POST', '/v1/service-accounts', key, { name: 'Short-lived' });
  const path = `service-accounts/${created.body.id}`;
  const readers = [
    await follow(`${path}/credentials/stream`, key),
    await follow(`${path}/roles/stream`, key),
  ];
  await server.send('DELETE', `/v1/${path}`, key);
  for (const reader of readers)
    expect(await reader.next()).toMatchObject(ends('auth.service_account.not_found'));
});

it('sessions are told when they are renewed, which does not say whose they are', async () => {
  const [user, other] = [await tenant.user(), await tenant.user()];
  const mine = await logIn(server.app, tenant.tenantId, user);
  const others = await logIn(server.app, tenant.tenantId, other);
  const reader = await follow('auth/sessions/stream', mine.token);
  const second = await logIn(server.app, tenant.tenantId, user);
  const renew = (id: string) =>
    db.database.inTenant(tenant.tenantId, (tx) =>
      server.app.get(Sessions, { strict: false }).renew(tx, ctx(), id, ['pwd', 'otp']),
    );
  await reader.take(1);
  await renew(others.session.id);
  await renew(second.session.id);
  const end = { id: second.session.id, whose: 'anybody', reason: 'logout' } as const;
  expect(await reader.take(1)).toMatchObject([
    { data: { id: second.session.id, amr: ['pwd', 'otp'], current: false } },
  ]);
  await tenant.execute(new EndSession(ctx(), end));
  expect(await reader.take(1)).toMatchObject([{ event: 'removed', data: { id: second.session.id } }]);
});
