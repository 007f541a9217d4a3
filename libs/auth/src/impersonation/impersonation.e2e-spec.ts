import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { createTenants } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import { LockUser } from '../index.js';
import { KnownSessions } from '../session/known-sessions.js';
import { type Answer, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { Grantors } from '../spec-support/grantors.js';
import { aUser, contextIn, logIn } from '../spec-support/log-in.js';
import { issueKey } from '../testing.js';
import { User } from '../user/user.aggregate.js';

const minute = 60_000;

describe('Impersonation', () => {
  let db: TestDatabase;
  let server: AuthServer;
  let ahead = 0;
  let tenantId: string;
  let operatorId: string;
  let operator: { token: string; id: string };

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start('fastify', db, [], { clock: () => new Date(Date.now() + ahead) });
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });
  beforeEach(async () => {
    ahead = 0;
    [tenantId = ''] = await createTenants(server.app, 1);
    operatorId = await withRole(PLATFORM_TENANT_ID, 'operator');
    const { token, session } = await logIn(server.app, PLATFORM_TENANT_ID, operatorId);
    operator = { token, id: session.id };
  });

  async function withRole(tenant: string, role: string): Promise<string> {
    const id = await aUser(server.app, tenant);
    const store = server.app.get(EventStore, { strict: false });
    await store.update(contextIn(tenant), User, id, (user) => user.assignRole(role));
    return id;
  }
  const start = (body: object, token = operator.token, tenant = tenantId) =>
    server.send('POST', `/v1/tenants/${tenant}/impersonations`, token, { reason: 'Ticket 4711', ...body });
  const session = (token: string) => server.send('GET', '/v1/auth/session', token);
  const eventsOf = (id: string) =>
    server.app.get(EventStore, { strict: false }).readStream(contextIn(tenantId), 'auth.session', id);
  const over = async (token: string) => {
    while ((await session(token)).status === 200) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const refused = (answer: Answer, permission: string) =>
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'auth.impersonation.refused', permission },
    });

  it('lets an operator act as nobody in particular, who may do what an owner may', async () => {
    const { status, body } = await start({});
    expect({ status, body }).toMatchObject({ status: 200, body: { tenantId, userId: null } });
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(29 * minute);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThanOrEqual(30 * minute);
    expect(await session(body.token)).toMatchObject({
      status: 200,
      body: {
        userId: null,
        tenantId,
        impersonator: { actor: `operator:${operatorId}`, reason: 'Ticket 4711' },
      },
    });
    expect((await server.send('GET', '/v1/users', body.token)).status).toBe(200);
    expect((await server.send('GET', '/v1/auth/sessions', body.token)).body.items).toEqual([]);
    expect((await server.send('GET', '/v1/me', body.token)).status).toBe(403);
  });

  it('lets an operator act as a user, and every event says both', async () => {
    const userId = await withRole(tenantId, 'admin');
    const other = await aUser(server.app, tenantId);
    const { body } = await start({ userId });
    const changed = await server.send('PATCH', `/v1/users/${other}`, body.token, { displayName: 'Ada' });
    expect(changed.status).toBe(200);
    const store = server.app.get(EventStore, { strict: false });
    const events = await store.readStream(contextIn(tenantId), User.streamType, other);
    expect(events.at(-1)?.metadata.actor).toBe(`operator:${operatorId} as user:${userId}`);
    // The user sees who is there.
    const { token } = await logIn(server.app, tenantId, userId);
    const listed = await server.send('GET', '/v1/auth/sessions', token);
    expect(listed.body.items).toMatchObject([
      { current: true, impersonator: null },
      { id: body.id, impersonator: { actor: `operator:${operatorId}` } },
    ]);
  });

  it('is in the tenant’s own events from begin to end, and the tenant can end it', async () => {
    const { body } = await start({ durationMinutes: 5 });
    const { key } = await issueKey(server.app, { tenantId, permissions: ['auth.impersonations.*'] });
    const listed = await server.send('GET', '/v1/impersonations', key);
    expect(listed.body.items).toMatchObject([
      { id: body.id, operator: `operator:${operatorId}`, reason: 'Ticket 4711', userId: null },
    ]);
    expect((await server.send('DELETE', `/v1/impersonations/${body.id}`, key)).status).toBe(204);
    expect((await session(body.token)).status).toBe(401);
    expect((await server.send('DELETE', `/v1/impersonations/${body.id}`, key)).status).toBe(404);
    expect(await eventsOf(body.id)).toMatchObject([
      {
        type: 'auth.impersonation.started',
        metadata: { actor: `operator:${operatorId}` },
        data: {
          operator: `operator:${operatorId}`,
          userId: null,
          reason: 'Ticket 4711',
          expiresAt: body.expiresAt,
        },
      },
      { type: 'auth.impersonation.ended', data: { reason: 'ended_by_admin' } },
    ]);
  });

  it('does not end sessions of users by that way', async () => {
    const { token, session: own } = await logIn(server.app, tenantId, await aUser(server.app, tenantId));
    const { key } = await issueKey(server.app, { tenantId, permissions: ['auth.impersonations.*'] });
    expect((await server.send('DELETE', `/v1/impersonations/${own.id}`, key)).status).toBe(404);
    expect((await session(token)).status).toBe(200);
  });

  it('ends at its time, however much it is used, and with a logout', async () => {
    const [timed, left] = [await start({ durationMinutes: 5 }), await start({})];
    ahead = 5 * minute - 1_000;
    expect((await session(timed.body.token)).status).toBe(200);
    ahead = 5 * minute;
    expect((await session(timed.body.token)).status).toBe(401);
    expect((await server.send('POST', '/v1/auth/logout', left.body.token)).status).toBe(204);
    expect((await session(left.body.token)).status).toBe(401);
    expect((await eventsOf(left.body.id)).at(-1)).toMatchObject({
      type: 'auth.impersonation.ended',
      data: { reason: 'logout' },
    });
  });

  it('ends with the operator’s own session', async () => {
    const { body } = await start({});
    await server.send('POST', '/v1/auth/logout', operator.token);
    expect((await session(body.token)).status).toBe(401);
  });

  it('ends with the operator’s role, and with the key that it was begun by', async () => {
    const { body } = await start({});
    const { id, key } = await issueKey(server.app);
    const byKey = await start({}, key);
    expect(byKey.body).toMatchObject({ tenantId });
    const store = server.app.get(EventStore, { strict: false });
    await store.update(contextIn(PLATFORM_TENANT_ID), User, operatorId, (user) =>
      user.revokeRole('operator'),
    );
    server.app
      .get(KnownSessions, { strict: false })
      .forget({ tenantId: PLATFORM_TENANT_ID, id: operator.id });
    await over(body.token);
    const { key: other } = await issueKey(server.app);
    await server.send('DELETE', `/v1/api-keys/${id}`, other);
    await over(byKey.body.token);
  });

  it('is neither prolonged nor left behind: no keys, no passwords, no further way in', async () => {
    const userId = await withRole(tenantId, 'owner');
    const { body } = await start({ userId });
    const key = { name: 'Stays', permissions: ['auth.users.read'] };
    refused(await server.send('POST', '/v1/api-keys', body.token, key), 'auth.api_keys.create');
    const password = { current: 'nine plum trees in a row', password: 'ten pear trees in a row' };
    refused(await server.send('POST', '/v1/me/password', body.token, password), 'auth.me.change_password');
    refused(await server.send('PATCH', '/v1/me', body.token, { displayName: 'Eve' }), 'auth.me.change');
    refused(await server.send('GET', '/v1/impersonations', body.token), 'auth.impersonations.read');
    expect(await start({}, body.token)).toMatchObject({ status: 403 });
    expect(await start({}, body.token, PLATFORM_TENANT_ID)).toMatchObject({ status: 403 });
  });

  it('moves nobody to where a role of theirs gives them more', async () => {
    const tenant = new Grantors(server.app, tenantId);
    const condition = { department: { user: 'department' } } as const;
    const reader = await tenant.role({ permissions: ['auth.users.read'], condition });
    const [theirs, others] = [await tenant.user(reader), await tenant.user('member')];
    const { body } = await start({});
    const change = (id: string, profile: object) =>
      server.send('PATCH', `/v1/users/${id}`, body.token, profile);
    expect(await change(theirs, { department: 'Board' })).toMatchObject({
      status: 403,
      body: { code: 'auth.impersonation.refused' },
    });
    expect((await change(theirs, { displayName: 'Ada' })).status).toBe(200);
    expect((await change(others, { department: 'Board' })).status).toBe(200);
  });

  it('is for operators, in tenants and as users that there are', async () => {
    const owner = await logIn(server.app, tenantId, await withRole(tenantId, 'owner'));
    expect((await start({}, owner.token)).status).toBe(403);
    expect(await start({}, operator.token, uuidv7())).toMatchObject({
      status: 404,
      body: { code: 'tenancy.tenant.not_found' },
    });
    expect(await start({}, operator.token, PLATFORM_TENANT_ID)).toMatchObject({
      status: 409,
      body: { code: 'auth.impersonation.platform' },
    });
    expect(await start({ userId: uuidv7() })).toMatchObject({
      status: 404,
      body: { code: 'auth.user.not_found' },
    });
    const locked = await aUser(server.app, tenantId);
    await server.app
      .get(CommandBus, { strict: false })
      .execute(new LockUser(contextIn(tenantId), { id: locked, reason: 'test' }));
    expect(await start({ userId: locked })).toMatchObject({
      status: 409,
      body: { code: 'auth.user.not_active' },
    });
  });

  it.each([{ reason: '' }, { durationMinutes: 0 }, { durationMinutes: 241 }, { durationMinutes: 1.5 }])(
    'is not had for %j',
    async (body) => {
      expect((await start(body)).status).toBe(400);
    },
  );
});
