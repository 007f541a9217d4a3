import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import { adapters, type Answer, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { admitTestUsers } from '../spec-support/user-key.js';
import { issueKey } from '../testing.js';

describe.each(adapters)('/v1/users on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let acme: string;
  let globex: string;
  let key: string;
  let foreign: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db);
    admitTestUsers(server.app);
    [acme = '', globex = ''] = await createTenants(server.app, 2);
    key = await keyOf(acme, ['auth.*']);
    foreign = await keyOf(globex, ['auth.*']);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const keyOf = async (tenantId: string, permissions: readonly string[]) =>
    (await issueKey(server.app, { tenantId, permissions })).key;
  const send = (method: string, path: string, body?: unknown, headers = {}) =>
    server.send(method, `/v1${path}`, key, body, headers);
  const invite = async (more: object = {}): Promise<string> => {
    const invited = await send('POST', '/users', { email: `u-${uuidv7()}@example.com`, ...more });
    expect(invited.status).toBe(201);
    return invited.body.id;
  };
  const asUser = (id: string) => ({ 'x-test-user': `${acme}/${id}` });
  const me = (method: string, id: string, body?: unknown, headers = {}) =>
    server.send(method, '/v1/me', undefined, body, { ...asUser(id), ...headers });
  const refused = ({ status, body }: Answer) => [status, body.code];

  it('invites, shows, changes and lists', async () => {
    const invited = await send('POST', '/users', {
      email: 'Ada@Example.com',
      userName: 'Ada',
      givenName: 'Ada',
      familyName: 'Lovelace',
    });
    expect(invited.status).toBe(201);
    expect(invited.headers.get('event-position')).toMatch(/^\d+\.\d+\.\d+$/);
    const location = invited.headers.get('location') as string;
    expect(location).toBe(`/v1/users/${invited.body.id}`);

    const shown = await server.send('GET', location, key);
    expect(shown.headers.get('etag')).toBe('"1"');
    expect(shown.body).toEqual({
      id: invited.body.id,
      email: 'ada@example.com',
      userName: 'ada',
      displayName: 'Ada Lovelace',
      givenName: 'Ada',
      familyName: 'Lovelace',
      department: null,
      locale: null,
      status: 'invited',
      lockedAt: null,
      lockReason: null,
      emailVerifiedAt: null,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });

    const change = { givenName: null, department: 'Engines', locale: 'de-CH' };
    const changed = await server.send('PATCH', location, key, change, { 'if-match': '"1"' });
    expect([changed.status, changed.body.version]).toEqual([200, 2]);
    const late = await server.send('PATCH', location, key, change, { 'if-match': '"1"' });
    expect(late.status).toBe(412);
    const found = await send('GET', '/users?search=lovelace&department=Engines&status=invited&locked=false');
    expect(found.body).toMatchObject({
      items: [{ ...shown.body, ...change, version: 2, updatedAt: expect.any(String) }],
      next: null,
    });
    expect(await send('GET', '/users?search=nobody')).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('locks, unlocks, deactivates, reactivates and deletes', async () => {
    const id = await invite({ email: 'life@example.com' });
    const act = async (verb: string, body?: object) =>
      refused(await send('POST', `/users/${id}/${verb}`, body));
    expect(await act('lock', { reason: 'Lost laptop' })).toEqual([200, undefined]);
    expect(await act('lock', { reason: 'Lost laptop' })).toEqual([409, 'auth.user.locked']);
    expect((await send('GET', `/users/${id}`)).body).toMatchObject({
      lockReason: 'Lost laptop',
      lockedAt: expect.any(String),
    });
    expect(await act('unlock')).toEqual([200, undefined]);
    expect(await act('unlock')).toEqual([409, 'auth.user.not_locked']);
    expect(await act('deactivate')).toEqual([200, undefined]);
    expect(await act('deactivate')).toEqual([409, 'auth.user.already_deactivated']);
    expect(await act('reactivate')).toEqual([200, undefined]);
    expect(await act('reactivate')).toEqual([409, 'auth.user.not_deactivated']);
    expect((await send('GET', `/users/${id}`)).body.status).toBe('invited');
    expect((await send('DELETE', `/users/${id}`, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await send('DELETE', `/users/${id}`)).status).toBe(204);
    expect(refused(await send('GET', `/users/${id}`))).toEqual([404, 'auth.user.not_found']);
    await invite({ email: 'life@example.com' });
  });

  it('answers about a user of another tenant as about one that does not exist, and about a key as about no user', async () => {
    const id = await invite();
    const { id: keyId } = await issueKey(server.app, { tenantId: globex });
    const requests = [
      ['GET', ''],
      ['PATCH', '', { displayName: 'Mine' }],
      ['DELETE', ''],
      ['POST', '/lock', { reason: 'x' }],
      ['POST', '/unlock'],
      ['POST', '/deactivate'],
      ['POST', '/reactivate'],
    ] as const;
    for (const [method, path, body] of requests) {
      const answers: object[] = [];
      for (const target of [id, uuidv7(), keyId, id.toUpperCase()]) {
        const answer = await server.send(method, `/v1/users/${target}${path}`, foreign, body);
        const { type, title, code, detail } = answer.body;
        const headers = [...answer.headers.keys()].sort();
        answers.push({
          status: answer.status,
          headers,
          problem: { type, title, code, detail: detail.replace(target.toLowerCase(), '') },
        });
      }
      expect(answers[0]).toMatchObject({ status: 404, problem: { code: 'auth.user.not_found' } });
      expect(answers).toEqual(answers.map(() => answers[0]));
    }
    expect((await server.send('GET', '/v1/users', foreign)).body.items).toEqual([]);
    expect((await send('GET', `/users/${id.toUpperCase()}`)).status).toBe(200);
  });

  it.each([
    ['status', { status: 'active' }],
    ['tenantId', { tenantId: uuidv7() }],
    ['roles', { roles: ['owner'] }],
    ['roleIds', { roleIds: ['owner'] }],
    ['email', { email: 'mine@example.com' }],
    ['emailVerifiedAt', { emailVerifiedAt: '2026-01-01T00:00:00.000Z' }],
    ['lockedAt', { lockedAt: null }],
    ['id', { id: uuidv7() }],
    ['version', { version: 7 }],
  ])('lets nobody set %s by a change, nor by an invitation, nor for themselves', async (field, more) => {
    const id = await invite();
    const before = (await send('GET', `/users/${id}`)).body;
    expect(refused(await send('PATCH', `/users/${id}`, { displayName: 'X', ...more }))).toEqual([
      400,
      'request.invalid',
    ]);
    expect(refused(await me('PATCH', id, { displayName: 'X', ...more }))).toEqual([400, 'request.invalid']);
    if (field !== 'email') {
      const person = { email: 'mass@example.com', ...more };
      expect(refused(await send('POST', '/users', person))).toEqual([400, 'request.invalid']);
    }
    expect((await send('GET', `/users/${id}`)).body).toEqual(before);
  });

  it('takes no prototype for a property', async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{"email":"p@example.com","__proto__":{"status":"active"}}',
    });
    expect(response.status).toBe(400);
  });

  it.each([
    { email: 'ada\u200b@example.com' },
    { email: 'ada@example.com\r\nBcc: x@example.com' },
    { email: 'x@example.com', displayName: '\ud800' },
    { email: 'x@example.com', department: '\0' },
  ])('refuses %j', async (person) => {
    expect(refused(await send('POST', '/users', person))).toEqual([400, 'request.invalid']);
  });

  it.each(['%', '_', "' or 1=1 --", '\\', '[', '*', 'a'.repeat(100), '\u{10FFFF}'])(
    'searches for %j and nothing else',
    async (search) => {
      const found = await send('GET', `/users?${new URLSearchParams({ search }).toString()}`);
      expect(found).toMatchObject({ status: 200, body: { items: [] } });
    },
  );

  it('refuses a search that would be work without end, or none that can be', async () => {
    for (const search of ['a b c d e f', 'x'.repeat(101), 'a\0b'])
      expect([search, (await send('GET', `/users?search=${encodeURIComponent(search)}`)).status]).toEqual([
        search,
        400,
      ]);
    expect((await send('GET', '/users?sort=lock_reason')).status).toBe(400);
    expect(refused(await send('GET', '/users?cursor=WyJhY21lIl0'))).toEqual([400, 'request.cursor.invalid']);
  });

  it('does once what is sent twice under one key', async () => {
    const headers = { 'idempotency-key': uuidv7() };
    const person = { email: 'once@example.com' };
    const first = await send('POST', '/users', person, headers);
    const second = await send('POST', '/users', person, headers);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(refused(await send('POST', '/users', person))).toEqual([409, 'auth.user.email_taken']);
  });

  it('asks for a permission each', async () => {
    const id = await invite();
    const reader = await keyOf(acme, ['auth.users.read']);
    const ask = async (method: string, path: string, body?: unknown) =>
      (await server.send(method, `/v1${path}`, reader, body)).body?.permission;
    expect((await server.send('GET', `/v1/users/${id}`, reader)).status).toBe(200);
    expect(await ask('POST', '/users', { email: 'a@b.c' })).toBe('auth.users.invite');
    expect(await ask('PATCH', `/users/${id}`, { displayName: 'X' })).toBe('auth.users.change');
    expect(await ask('DELETE', `/users/${id}`)).toBe('auth.users.delete');
    expect(await ask('POST', `/users/${id}/lock`, { reason: 'x' })).toBe('auth.users.lock');
    expect(await ask('POST', `/users/${id}/deactivate`)).toBe('auth.users.deactivate');
    expect(await ask('POST', '/users:import')).toBe('auth.users.import');
    expect(await ask('GET', '/me')).toBe('auth.me.read');
  });

  describe('/v1/me', () => {
    it('is the user who asks, who changes what they are called and nothing that others decide from', async () => {
      const id = await invite({ department: 'Engines', userName: `me-${adapter}` });
      const shown = await me('GET', id);
      expect(shown).toMatchObject({ status: 200, body: { id, department: 'Engines' } });
      const changed = await me('PATCH', id, { displayName: 'Me', locale: 'en' }, { 'if-match': '"1"' });
      expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
      for (const change of [{ department: 'Board' }, { userName: 'root' }, { email: 'x@example.com' }, {}])
        expect(refused(await me('PATCH', id, change))).toEqual([400, 'request.invalid']);
      expect((await me('GET', id)).body).toMatchObject({
        displayName: 'Me',
        locale: 'en',
        department: 'Engines',
      });
    });

    it('is nobody for a key', async () => {
      for (const [method, body] of [['GET'], ['PATCH', { displayName: 'Key' }]] as const)
        expect(refused(await send(method, '/me', body))).toEqual([403, 'auth.caller.not_a_user']);
    });
  });

  it('streams the users of the list as they change', async () => {
    const abort = new AbortController();
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/users/stream?department=Live`, {
      headers: { authorization: `Bearer ${key}` },
      signal: abort.signal,
    });
    const id = await invite({ department: 'Live', displayName: 'Streamed' });
    await invite({ department: 'Elsewhere', displayName: 'Unseen' });
    await send('DELETE', `/users/${id}`);
    let seen = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      seen += decoder.decode(chunk, { stream: true });
      if (seen.includes('event: removed')) break;
    }
    abort.abort();
    expect(seen).toContain(id);
    expect(seen).not.toContain('Unseen');
  });
});
