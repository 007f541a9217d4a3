import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { aUser, logIn } from '../spec-support/log-in.js';
import { rawGet } from '../spec-support/raw-request.js';
import { issueKey } from '../testing.js';

describe.each(adapters)('Sessions on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let tenantId: string;
  let userId: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db);
    [tenantId = ''] = await createTenants(server.app, 1);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });
  beforeEach(async () => {
    userId = await aUser(server.app, tenantId);
  });

  const aSession = () => logIn(server.app, tenantId, userId);
  const current = (token?: string) => server.send('GET', '/v1/auth/session', token);
  const invalid = { status: 401, body: { code: 'auth.credentials.invalid' } };

  it('say who somebody is, and until when', async () => {
    const { token, session } = await aSession();
    const { status, headers, body } = await current(token);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        id: session.id,
        tenantId,
        userId,
        device: 'spec',
        address: '192.0.2.7',
        amr: ['pwd'],
        permissions: ['auth.me.*', 'auth.sessions.*'],
        csrfToken: null,
        impersonator: null,
        expiresAt: session.expiresAt.toISOString(),
      },
    });
    expect(Date.parse(body.idleEndsAt) - Date.parse(body.lastSeenAt)).toBe(3_600_000);
    expect(headers.get('set-cookie')).toBeNull();
    expect(await server.send('GET', '/v1/me', token)).toMatchObject({ status: 200, body: { id: userId } });
  });

  it('are none of a key’s', async () => {
    const { key } = await issueKey(server.app, { tenantId, permissions: ['auth.sessions.*'] });
    const refused = { status: 403, body: { code: 'auth.caller.no_session' } };
    for (const path of ['/v1/auth/session', '/v1/auth/sessions'])
      expect(await server.send('GET', path, key)).toMatchObject(refused);
    expect(await server.send('POST', '/v1/auth/logout', key)).toMatchObject(refused);
  });

  it('end with a logout, and their token opens nothing any more', async () => {
    const { token } = await aSession();
    expect((await current(token)).status).toBe(200);
    expect((await server.send('POST', '/v1/auth/logout', token)).status).toBe(204);
    expect(await current(token)).toMatchObject(invalid);
    expect(await server.send('POST', '/v1/auth/logout', token)).toMatchObject(invalid);
  });

  it('end once, however many log out at the same time', async () => {
    const { token } = await aSession();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => server.send('POST', '/v1/auth/logout', token)),
    );
    expect(answers.every(({ status }) => status === 204 || status === 401)).toBe(true);
    expect(await current(token)).toMatchObject(invalid);
  });

  it('are listed, a page at a time, and ended one by one or all but the own', async () => {
    const [first, second, third] = [await aSession(), await aSession(), await aSession()];
    const page = await server.send('GET', '/v1/auth/sessions?limit=2', third.token);
    expect(page.body.items).toMatchObject([
      { id: third.session.id, current: true },
      { id: second.session.id, current: false },
    ]);
    const rest = await server.send('GET', `/v1/auth/sessions?cursor=${page.body.next}`, third.token);
    expect(rest.body).toMatchObject({ items: [{ id: first.session.id }], next: null });

    const path = `/v1/auth/sessions/${first.session.id}`;
    expect((await server.send('DELETE', path, third.token)).status).toBe(204);
    expect(await current(first.token)).toMatchObject(invalid);
    expect(await server.send('DELETE', path, third.token)).toMatchObject({
      status: 404,
      body: { code: 'auth.session.not_found' },
    });
    expect(await server.send('DELETE', '/v1/auth/sessions', third.token)).toMatchObject({
      status: 200,
      body: { ended: 1 },
    });
    expect(await current(second.token)).toMatchObject(invalid);
    expect((await current(third.token)).status).toBe(200);
  });

  it('of somebody else are answered as if there were none', async () => {
    const { token } = await aSession();
    const another = await logIn(server.app, tenantId, await aUser(server.app, tenantId));
    const told = await server.send('DELETE', `/v1/auth/sessions/${another.session.id}`, token);
    const nothing = await server.send('DELETE', `/v1/auth/sessions/${uuidv7()}`, token);
    expect([told.status, told.body.code]).toEqual([nothing.status, nothing.body.code]);
    expect((await current(another.token)).status).toBe(200);
    const listed = await server.send('GET', '/v1/auth/sessions', token);
    expect(JSON.stringify(listed.body)).not.toContain(another.session.id);
    expect(await server.send('GET', `/v1/users/${userId}/sessions`, token)).toMatchObject({
      status: 403,
      body: { permission: 'auth.user_sessions.read' },
    });
  });

  it('are seen and ended by those who manage users', async () => {
    const { token, session } = await aSession();
    const { key } = await issueKey(server.app, { tenantId, permissions: ['auth.user_sessions.*'] });
    const path = `/v1/users/${userId}/sessions`;
    const listed = await server.send('GET', path, key);
    expect(listed).toMatchObject({ status: 200, body: { items: [{ id: session.id, current: false }] } });
    expect(await server.send('DELETE', path, key)).toMatchObject({ status: 200, body: { ended: 1 } });
    expect(await current(token)).toMatchObject(invalid);
    const nobody = `/v1/users/${uuidv7()}/sessions`;
    for (const method of ['GET', 'DELETE'])
      expect(await server.send(method, nobody, key)).toMatchObject({
        status: 404,
        body: { code: 'auth.user.not_found' },
      });
  });

  it('of a tenant that is not served open nothing, and none begins', async () => {
    const [suspended = ''] = await createTenants(server.app, 1);
    const { token } = await logIn(server.app, suspended, await aUser(server.app, suspended));
    await server.app
      .get(CommandBus, { strict: false })
      .execute(new SuspendTenant(platformContext(), { id: suspended, reason: 'unpaid' }));
    expect(await current(token)).toMatchObject({ status: 403, body: { code: 'tenancy.tenant.suspended' } });
    await expect(logIn(server.app, suspended, uuidv7())).rejects.toMatchObject({
      code: expect.stringMatching(/^(tenancy\.tenant\.suspended|auth\.credentials\.invalid)$/),
    });
  });

  it('go on in a second process, and when the first one is gone', async () => {
    const { token } = await aSession();
    const second = await AuthServer.start(adapter, db);
    expect((await second.send('GET', '/v1/auth/session', token)).status).toBe(200);
    await second.app.close();
    const third = await AuthServer.start(adapter, db);
    expect((await third.send('GET', '/v1/auth/session', token)).status).toBe(200);
    await third.app.close();
  });

  describe('with headers that no client sends', () => {
    it.each([
      [
        'two headers, the good one last',
        (token: string) => ['Authorization: Bearer x', `Authorization: Bearer ${token}`],
      ],
      [
        'two headers, the good one twice',
        (token: string) => [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`],
      ],
      ['two in one', (token: string) => [`Authorization: Bearer ${token}, Bearer ${token}`]],
      ['another scheme', (token: string) => [`Authorization: Session ${token}`]],
      ['the development cookie', (token: string) => [`Cookie: acci_session=${token}`]],
      ['the token in another cookie', (token: string) => [`Cookie: x__Host-acci_session=${token}`]],
      [
        'the cookie twice',
        (token: string) => [`Cookie: __Host-acci_session=x; __Host-acci_session=${token}`],
      ],
      [
        'the cookie in two headers',
        (token: string) => [`Cookie: __Host-acci_session=${token}`, `Cookie: __Host-acci_session=x`],
      ],
      [
        'a cookie beside a header',
        (token: string) => [`Cookie: __Host-acci_session=${token}`, `Authorization: Bearer ${token}`],
      ],
      [
        'a cookie beside nonsense',
        (token: string) => [`Cookie: __Host-acci_session=${token}`, 'Authorization: x'],
      ],
      ['a cookie with more behind it', (token: string) => [`Cookie: __Host-acci_session=${token}=x`]],
      [
        'a cookie that any host of the domain can set, after a blank that is none to browsers',
        (token: string) => [`Cookie: \u00a0__Host-acci_session=${token}`],
      ],
      ['a quoted cookie', (token: string) => [`Cookie: __Host-acci_session="${token}"`]],
      ['an escaped cookie', (token: string) => [`Cookie: __Host-acci_session=%61${token.slice(1)}`]],
    ])('refuse %s', async (_what, lines) => {
      const { token } = await aSession();
      expect((await rawGet(server.port, '/v1/auth/session', lines(token))).status).toBe(401);
    });

    it('take the cookie among others', async () => {
      const { token } = await aSession();
      const lines = [`Cookie: a=b; __Host-acci_session=${token};c=d`];
      expect((await rawGet(server.port, '/v1/auth/session', lines)).status).toBe(200);
    });
  });
});
