import { adapters } from '../spec-support/auth-app.js';
import { refusal, UsersApi } from '../spec-support/users-api.js';

describe.each(adapters)('/v1/me on %s', (adapter) => {
  let api: UsersApi;

  beforeAll(async () => {
    api = await UsersApi.start(adapter);
  });
  afterAll(() => api.close());

  it('is the user who asks, who changes what they are called and nothing that others decide from', async () => {
    const id = await api.invite({ department: 'Engines', userName: `me-${adapter}` });
    const shown = await api.me('GET', id);
    expect(shown).toMatchObject({ status: 200, body: { id, department: 'Engines' } });
    const changed = await api.me('PATCH', id, { displayName: 'Me', locale: 'en' }, { 'if-match': '"1"' });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    for (const change of [{ department: 'Board' }, { userName: 'root' }, { email: 'x@example.com' }, {}])
      expect(refusal(await api.me('PATCH', id, change))).toEqual([400, 'request.invalid']);
    expect((await api.me('GET', id)).body).toMatchObject({
      displayName: 'Me',
      locale: 'en',
      department: 'Engines',
    });
  });

  it('is nobody for a key', async () => {
    for (const [method, body] of [['GET'], ['PATCH', { displayName: 'Key' }]] as const)
      expect(refusal(await api.send(method, '/me', body))).toEqual([403, 'auth.caller.not_a_user']);
  });
});
