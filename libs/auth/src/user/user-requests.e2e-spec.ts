import { uuidv7 } from '@acci/database';
import { adapters } from '../spec-support/auth-app.js';
import { refusal, UsersApi } from '../spec-support/users-api.js';

describe.each(adapters)('what is asked of /v1/users on %s', (adapter) => {
  let api: UsersApi;

  beforeAll(async () => {
    api = await UsersApi.start(adapter);
  });
  afterAll(() => api.close());

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
    const id = await api.invite();
    const before = (await api.send('GET', `/users/${id}`)).body;
    expect(refusal(await api.send('PATCH', `/users/${id}`, { displayName: 'X', ...more }))).toEqual([
      400,
      'request.invalid',
    ]);
    expect(refusal(await api.me('PATCH', id, { displayName: 'X', ...more }))).toEqual([
      400,
      'request.invalid',
    ]);
    if (field !== 'email') {
      const person = { email: 'mass@example.com', ...more };
      expect(refusal(await api.send('POST', '/users', person))).toEqual([400, 'request.invalid']);
    }
    expect((await api.send('GET', `/users/${id}`)).body).toEqual(before);
  });

  it('takes no prototype for a property', async () => {
    const response = await fetch(`http://127.0.0.1:${api.server.port}/v1/users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
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
    expect(refusal(await api.send('POST', '/users', person))).toEqual([400, 'request.invalid']);
  });

  it.each(['%', '_', "' or 1=1 --", '\\', '[', '*', 'a'.repeat(100), '\u{10FFFF}'])(
    'searches for %j and nothing else',
    async (search) => {
      const found = await api.send('GET', `/users?${new URLSearchParams({ search }).toString()}`);
      expect(found).toMatchObject({ status: 200, body: { items: [] } });
    },
  );

  it('refuses a search that would be work without end, or none that can be', async () => {
    for (const search of ['a b c d e f', 'x'.repeat(101), 'a\0b'])
      expect([search, (await api.send('GET', `/users?search=${encodeURIComponent(search)}`)).status]).toEqual(
        [search, 400],
      );
    expect((await api.send('GET', '/users?sort=lock_reason')).status).toBe(400);
    expect(refusal(await api.send('GET', '/users?cursor=WyJhY21lIl0'))).toEqual([
      400,
      'request.cursor.invalid',
    ]);
  });
});
