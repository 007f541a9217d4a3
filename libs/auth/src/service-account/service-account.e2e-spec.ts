import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { createTenants } from '@acci/tenancy/testing';
import { rebuildNow } from '@acci/projections/testing';
import { exportJWK, generateKeyPair } from 'jose';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { issueKey } from '../testing.js';

const path = '/v1/service-accounts';

describe('/v1/service-accounts', () => {
  let db: TestDatabase;
  let server: AuthServer;
  let acme: string;
  let globex: string;
  let admin: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start('fastify', db);
    [acme = '', globex = ''] = await createTenants(server.app, 2);
    admin = await keyOf(['auth.*', 'house.*']);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const keyOf = async (permissions: readonly string[], tenantId = acme) =>
    (await issueKey(server.app, { tenantId, permissions })).key;
  const send = (method: string, to: string, body?: unknown, key = admin, more: Record<string, string> = {}) =>
    server.send(method, `${path}${to}`, key, body, more);
  const terms = (more: object = {}) => ({
    name: `Export ${uuidv7()}`,
    permissions: ['house.doors.open'],
    ...more,
  });
  const created = async (more: object = {}): Promise<string> => (await send('POST', '', terms(more))).body.id;

  it('makes one, shows, changes and deletes it', async () => {
    const body = terms({ description: 'At 2 a.m.' });
    const made = await send('POST', '', body);
    expect(made).toMatchObject({ status: 201, body: { version: 1 } });
    expect(made.headers.get('location')).toBe(`${path}/${made.body.id}`);
    const { id } = made.body;
    const shown = await send('GET', `/${id}`);
    expect(shown.body).toMatchObject({ id, clientId: `${id}.${acme}`, disabledAt: null, ...body });
    const etag = shown.headers.get('etag') ?? '';
    const changes = { description: null, permissions: [] };
    const changed = await send('PATCH', `/${id}`, changes, admin, { 'if-match': etag });
    expect(changed).toMatchObject({ status: 200, body: { id, version: 2 } });
    expect((await send('PATCH', `/${id}`, changes, admin, { 'if-match': etag })).status).toBe(412);
    expect((await send('GET', `/${id}`)).body).toMatchObject({ ...body, ...changes, version: 2 });
    expect((await send('DELETE', `/${id}`)).status).toBe(204);
    const gone = { status: 404, body: { code: 'auth.service_account.not_found' } };
    expect(await send('GET', `/${id}`)).toMatchObject(gone);
    expect(await send('DELETE', `/${id}`)).toMatchObject(gone);
    expect((await send('POST', '', body)).status).toBe(201);
  });

  it('lists them filtered, sorted and page by page', async () => {
    const key = await keyOf(['auth.*'], globex);
    for (const name of ['b', 'A', 'c']) await send('POST', '', { name }, key);
    const names = async (query: string) =>
      (await send('GET', query, undefined, key)).body.items.map(({ name }: { name: string }) => name);
    expect(await names('')).toEqual(['A', 'b', 'c']);
    expect(await names('?sort=-createdAt')).toEqual(['c', 'A', 'b']);
    expect(await names('?name=a')).toEqual(['A']);
    expect(await names('?disabled=true')).toEqual([]);
    const first = await send('GET', '?limit=2', undefined, key);
    expect(await names(`?limit=2&cursor=${first.body.next}`)).toEqual(['c']);
    expect((await send('GET', '?sort=name&cursor=x', undefined, key)).status).toBe(400);
  });

  it('has each name once in a tenant, in any case', async () => {
    const { name } = terms();
    expect((await send('POST', '', { name })).status).toBe(201);
    expect(await send('POST', '', { name: name.toUpperCase() })).toMatchObject({
      status: 409,
      body: { code: 'auth.service_account.name_taken' },
    });
  });

  it('is disabled and enabled', async () => {
    const id = await created();
    expect((await send('POST', `/${id}/disable`)).status).toBe(200);
    expect(await send('POST', `/${id}/disable`)).toMatchObject({
      status: 409,
      body: { code: 'auth.service_account.already_disabled' },
    });
    expect((await send('GET', `/${id}`)).body.disabledAt).not.toBeNull();
    expect((await send('POST', `/${id}/enable`)).status).toBe(200);
    expect(await send('POST', `/${id}/enable`)).toMatchObject({
      status: 409,
      body: { code: 'auth.service_account.not_disabled' },
    });
  });

  it('is of its tenant only', async () => {
    const id = await created();
    const stranger = await keyOf(['auth.*', 'house.*'], globex);
    const requests: [string, string, object?][] = [
      ['GET', ''],
      ['PATCH', '', { description: 'Mine' }],
      ['DELETE', ''],
      ['POST', '/disable'],
      ['POST', '/secrets', { name: 'Mine' }],
      ['GET', '/credentials'],
      ['DELETE', `/credentials/${uuidv7()}`],
    ];
    for (const [method, to, body] of requests) {
      const [theirs, nowhere] = await Promise.all(
        [id, uuidv7()].map((one) => send(method, `/${one}${to}`, body, stranger)),
      );
      expect(theirs?.status).toBe(404);
      expect(theirs?.body.code).toBe(nowhere?.body.code);
    }
  });

  it('gets nothing that whoever gives it does not hold', async () => {
    const notHeld = { status: 403, body: { code: 'auth.permission.not_held' } };
    const weak = await keyOf(['auth.service_accounts.*', 'auth.service_account_credentials.*']);
    expect(await send('POST', '', terms(), weak)).toMatchObject(notHeld);
    const id = await created();
    expect(await send('PATCH', `/${id}`, { permissions: ['house.*'] }, weak)).toMatchObject(notHeld);
    expect(await send('POST', `/${id}/secrets`, { name: 'Mine' }, weak)).toMatchObject(notHeld);
    const publicKey = await exportJWK((await generateKeyPair('ES256')).publicKey);
    expect(await send('POST', `/${id}/public-keys`, { name: 'Mine', publicKey }, weak)).toMatchObject(
      notHeld,
    );
    const same = { permissions: ['house.doors.open'], description: 'As before' };
    expect((await send('PATCH', `/${id}`, same, weak)).status).toBe(200);
    const less = { permissions: [] };
    expect((await send('PATCH', `/${id}`, less, weak)).status).toBe(200);
    expect((await send('POST', `/${id}/secrets`, { name: 'Mine' }, weak)).status).toBe(200);
  });

  it('refuses what is no permission, and everything but for the platform', async () => {
    expect(await send('POST', '', terms({ permissions: ['house.doors.opne'] }))).toMatchObject({
      status: 422,
      body: { code: 'auth.permission.unknown', errors: [{ pointer: '/permissions/0' }] },
    });
    expect(await send('POST', '', terms({ permissions: ['*'] }))).toMatchObject({
      status: 422,
      body: { code: 'auth.service_account.not_platform' },
    });
    const operator = await keyOf(['*'], PLATFORM_TENANT_ID);
    expect((await send('POST', '', terms({ permissions: ['*'] }), operator)).status).toBe(201);
  });

  it('is in the list byte for byte after it was rebuilt', async () => {
    const live = () => db.admin('select * from acci.service_accounts order by tenant_id, id');
    const before = await live();
    expect(before.length).toBeGreaterThan(3);
    await rebuildNow(server.app, 'auth.service-accounts');
    expect(await live()).toEqual(before);
  });
});
