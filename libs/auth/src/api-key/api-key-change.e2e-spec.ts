import type { TestDatabase } from '@acci/database/testing';
import { rebuildNow } from '@acci/projections/testing';
import { createTenants } from '@acci/tenancy/testing';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { issueKey } from '../testing.js';

const door = '/v1/doors/locked';
const everywhere = ['0.0.0.0/0', '::/0'];

describe('PATCH /v1/api-keys/{id}', () => {
  let db: TestDatabase;
  let server: AuthServer;
  let tenantId: string;
  let strangers: string;
  let admin: string;
  let id: string;
  let key: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start('fastify', db);
    [tenantId = '', strangers = ''] = await createTenants(server.app, 2);
    admin = await keyOf(['auth.*', 'house.*']);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });
  beforeEach(async () => {
    ({ id, key } = await issueKey(server.app, { tenantId, permissions: ['house.doors.open'] }));
  });

  const keyOf = async (permissions: readonly string[], more: object = {}) =>
    (await issueKey(server.app, { tenantId, permissions, ...more })).key;
  const change = (body: object, by = admin, headers: Record<string, string> = {}) =>
    server.send('PATCH', `/v1/api-keys/${id}`, by, body, headers);
  const get = () => server.send('GET', `/v1/api-keys/${id}`, admin);
  const open = async () => (await server.send('GET', door, key)).status;

  it('changes what it is called, of the version that was seen', async () => {
    const before = await get();
    const etag = before.headers.get('etag') ?? '';
    const changed = await change({ name: ' Roll out ' }, admin, { 'if-match': etag });
    expect(changed).toMatchObject({ status: 200, body: { ...before.body, name: 'Roll out', version: 2 } });
    expect((await get()).headers.get('etag')).toBe(changed.headers.get('etag'));
    expect((await change({ name: 'Third' }, admin, { 'if-match': etag })).status).toBe(412);
    expect((await change({})).body).toEqual(changed.body);
  });

  it('binds the key to networks within a second, and frees it', async () => {
    expect(await open()).toBe(200);
    expect(await change({ addressRanges: ['192.0.2.0/24'] })).toMatchObject({
      status: 200,
      body: { addressRanges: ['192.0.2.0/24'] },
    });
    await eventually(open, 401);
    expect((await change({ addressRanges: [] })).status).toBe(200);
    await eventually(open, 200);
  });

  it('lets it in from nowhere that whoever asks is not let in from, and asks for all that it may', async () => {
    const bound = await keyOf(['auth.*', 'house.*'], { addressRanges: ['127.0.0.0/8'] });
    const wider = { status: 403, body: { code: 'auth.api_key.ranges_wider' } };
    for (const addressRanges of [[], everywhere, ['126.0.0.0/7']])
      expect(await change({ addressRanges }, bound)).toMatchObject(wider);
    expect((await change({ addressRanges: ['127.0.0.1'] }, bound)).status).toBe(200);
    const weak = await keyOf(['auth.api_keys.*']);
    expect(await change({ addressRanges: everywhere }, weak)).toMatchObject({
      status: 403,
      body: { code: 'auth.permission.not_held', permissions: ['house.doors.open'] },
    });
    expect((await change({ name: 'No harm' }, weak)).status).toBe(200);
    expect((await get()).body.addressRanges).toEqual(['127.0.0.1']);
  });

  it('is refused for what is no key here, none any more, or no change', async () => {
    const stranger = await keyOf(['auth.*', 'house.*'], { tenantId: strangers });
    expect(await change({ name: 'Mine' }, stranger)).toMatchObject({
      status: 404,
      body: { code: 'auth.api_key.not_found' },
    });
    for (const body of [{ name: '' }, { permissions: ['auth.*'] }, { owner: null }, { expiresAt: null }])
      expect((await change(body)).status).toBe(400);
    await server.send('DELETE', `/v1/api-keys/${id}`, admin);
    expect(await change({ name: 'Back' })).toMatchObject({
      status: 409,
      body: { code: 'auth.api_key.revoked' },
    });
  });

  it('stands in the list as after a rebuild', async () => {
    await change({ name: 'Roll out', addressRanges: ['192.0.2.0/24'] });
    const live = () => db.admin('select * from acci.api_keys order by tenant_id, id');
    const before = await live();
    await rebuildNow(server.app, 'auth.api-keys');
    expect(await live()).toEqual(before);
  });
});
