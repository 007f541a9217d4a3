import { uuidv7 } from '@acci/database';
import { adapters } from '../spec-support/auth-app.js';
import { refusal, UsersApi } from '../spec-support/users-api.js';
import { issueKey } from '../testing.js';

describe.each(adapters)('/v1/users on %s', (adapter) => {
  let api: UsersApi;

  beforeAll(async () => {
    api = await UsersApi.start(adapter);
  });
  afterAll(() => api.close());

  it('invites, shows, changes and lists', async () => {
    const invited = await api.send('POST', '/users', {
      email: 'Ada@Example.com',
      userName: 'Ada',
      givenName: 'Ada',
      familyName: 'Lovelace',
    });
    expect(invited.status).toBe(201);
    expect(invited.headers.get('event-position')).toMatch(/^\d+\.\d+\.\d+$/);
    const location = invited.headers.get('location') as string;
    expect(location).toBe(`/v1/users/${invited.body.id}`);

    const shown = await api.server.send('GET', location, api.key);
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
    const changed = await api.server.send('PATCH', location, api.key, change, { 'if-match': '"1"' });
    expect([changed.status, changed.body.version]).toEqual([200, 2]);
    const late = await api.server.send('PATCH', location, api.key, change, { 'if-match': '"1"' });
    expect(late.status).toBe(412);
    const found = await api.send(
      'GET',
      '/users?search=lovelace&department=Engines&status=invited&locked=false',
    );
    expect(found.body).toMatchObject({
      items: [{ ...shown.body, ...change, version: 2, updatedAt: expect.any(String) }],
      next: null,
    });
    expect(await api.send('GET', '/users?search=nobody')).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('locks, unlocks, deactivates, reactivates and deletes', async () => {
    const id = await api.invite({ email: 'life@example.com' });
    const act = async (verb: string, body?: object) =>
      refusal(await api.send('POST', `/users/${id}/${verb}`, body));
    expect(await act('lock', { reason: 'Lost laptop' })).toEqual([200, undefined]);
    expect(await act('lock', { reason: 'Lost laptop' })).toEqual([409, 'auth.user.locked']);
    expect((await api.send('GET', `/users/${id}`)).body).toMatchObject({
      lockReason: 'Lost laptop',
      lockedAt: expect.any(String),
    });
    expect(await act('unlock')).toEqual([200, undefined]);
    expect(await act('unlock')).toEqual([409, 'auth.user.not_locked']);
    expect(await act('deactivate')).toEqual([200, undefined]);
    expect(await act('deactivate')).toEqual([409, 'auth.user.already_deactivated']);
    expect(await act('reactivate')).toEqual([200, undefined]);
    expect(await act('reactivate')).toEqual([409, 'auth.user.not_deactivated']);
    expect((await api.send('GET', `/users/${id}`)).body.status).toBe('invited');
    expect((await api.send('DELETE', `/users/${id}`, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.send('DELETE', `/users/${id}`)).status).toBe(204);
    expect(refusal(await api.send('GET', `/users/${id}`))).toEqual([404, 'auth.user.not_found']);
    await api.invite({ email: 'life@example.com' });
  });

  it('answers about a user of another tenant as about one that does not exist, and about a key as about no user', async () => {
    const id = await api.invite();
    const { id: keyId } = await issueKey(api.server.app, { tenantId: api.globex });
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
        const answer = await api.server.send(method, `/v1/users/${target}${path}`, api.foreign, body);
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
    expect((await api.server.send('GET', '/v1/users', api.foreign)).body.items).toEqual([]);
    expect((await api.send('GET', `/users/${id.toUpperCase()}`)).status).toBe(200);
  });

  it('does once what is sent twice under one key', async () => {
    const headers = { 'idempotency-key': uuidv7() };
    const person = { email: 'once@example.com' };
    const first = await api.send('POST', '/users', person, headers);
    const second = await api.send('POST', '/users', person, headers);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(refusal(await api.send('POST', '/users', person))).toEqual([409, 'auth.user.email_taken']);
  });

  it('asks for a permission each', async () => {
    const id = await api.invite();
    const reader = await api.keyOf(api.acme, ['auth.users.read']);
    const ask = async (method: string, path: string, body?: unknown) =>
      (await api.server.send(method, `/v1${path}`, reader, body)).body?.permission;
    expect((await api.server.send('GET', `/v1/users/${id}`, reader)).status).toBe(200);
    expect(await ask('POST', '/users', { email: 'a@b.c' })).toBe('auth.users.invite');
    expect(await ask('PATCH', `/users/${id}`, { displayName: 'X' })).toBe('auth.users.change');
    expect(await ask('DELETE', `/users/${id}`)).toBe('auth.users.delete');
    expect(await ask('POST', `/users/${id}/lock`, { reason: 'x' })).toBe('auth.users.lock');
    expect(await ask('POST', `/users/${id}/deactivate`)).toBe('auth.users.deactivate');
    expect(await ask('POST', '/users:import')).toBe('auth.users.import');
    expect(await ask('GET', '/me')).toBe('auth.me.read');
  });

  it('streams the users of the list as they change', async () => {
    const abort = new AbortController();
    const response = await fetch(`http://127.0.0.1:${api.server.port}/v1/users/stream?department=Live`, {
      headers: { authorization: `Bearer ${api.key}` },
      signal: abort.signal,
    });
    const id = await api.invite({ department: 'Live', displayName: 'Streamed' });
    await api.invite({ department: 'Elsewhere', displayName: 'Unseen' });
    await api.send('DELETE', `/users/${id}`);
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
