import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { createTenants } from '@acci/tenancy/testing';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { issueKey } from '../testing.js';

describe.each(adapters)('/v1/api-keys on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let acme: string;
  let globex: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db);
    [acme = '', globex = ''] = await createTenants(server.app, 2);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const keyOf = async (tenantId: string, permissions: readonly string[], expiresAt?: Date) =>
    (await issueKey(server.app, { tenantId, permissions, expiresAt })).key;
  const admin = (tenantId: string) => keyOf(tenantId, ['auth.*', 'house.*']);
  const body = { name: 'Nightly export', permissions: ['house.doors.open'] };

  describe('POST', () => {
    it('makes a key, shows it once, and it works', async () => {
      const key = await admin(acme);
      const created = await server.send('POST', '/v1/api-keys', key, {
        ...body,
        expiresAt: '2099-12-31T23:00:00+01:00',
      });
      expect(created.status).toBe(201);
      expect(created.body).toEqual({
        id: expect.any(String),
        tenantId: acme,
        ...body,
        addressRanges: [],
        owner: null,
        prefix: created.body.key.slice(0, 27),
        key: expect.stringMatching(/^acci(_[0-9A-Za-z]{22}){2}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/),
        expiresAt: '2099-12-31T22:00:00.000Z',
        createdAt: expect.any(String),
        lastUsedAt: null,
        rotatedAt: null,
        previousUntil: null,
        revokedAt: null,
        version: 1,
      });
      expect(created.headers.get('event-position')).toMatch(/^\d+\.\d+\.\d+$/);
      const location = created.headers.get('location') as string;
      const { key: secret, ...shown } = created.body;
      expect(await server.send('GET', location, key)).toMatchObject({ status: 200, body: shown });
      expect(await server.send('GET', '/v1/doors/locked', secret)).toMatchObject({
        status: 200,
        body: { of: acme, openedBy: `api_key:${created.body.id}` },
      });
    });

    it('gives no permission that the creator lacks', async () => {
      const key = await keyOf(acme, ['auth.api_keys.create', 'auth.api_keys.read']);
      for (const permissions of [
        ['house.doors.open'],
        ['auth.api_keys.read', 'auth.*'],
        ['auth.api_keys.*'],
      ]) {
        expect(await server.send('POST', '/v1/api-keys', key, { ...body, permissions })).toMatchObject({
          status: 403,
          body: { code: 'auth.permission.not_held', permissions: [permissions.at(-1)] },
        });
      }
      const held = { ...body, permissions: ['auth.api_keys.read'] };
      expect((await server.send('POST', '/v1/api-keys', key, held)).status).toBe(201);
    });

    it('gives everything in the platform tenant only, to those who hold everything', async () => {
      const everything = { ...body, permissions: ['*'] };
      const operator = await keyOf(PLATFORM_TENANT_ID, ['*']);
      expect((await server.send('POST', '/v1/api-keys', operator, everything)).status).toBe(201);
      expect(await server.send('POST', '/v1/api-keys', await admin(acme), everything)).toMatchObject({
        status: 422,
        body: { code: 'auth.api_key.not_platform' },
      });
      expect(
        await server.send('POST', '/v1/api-keys', await admin(PLATFORM_TENANT_ID), everything),
      ).toMatchObject({
        status: 403,
        body: { code: 'auth.permission.not_held' },
      });
    });

    it('knows a permission that nothing asks for to be a mistake', async () => {
      const permissions = ['house.doors.open', 'house.doors.opne', 'houses.*'];
      expect(
        await server.send('POST', '/v1/api-keys', await admin(acme), { ...body, permissions }),
      ).toMatchObject({
        status: 422,
        body: {
          code: 'auth.permission.unknown',
          errors: [{ pointer: '/permissions/1' }, { pointer: '/permissions/2' }],
        },
      });
    });

    it('lets no key outlive its creator, nor be born expired', async () => {
      const end = new Date(Date.now() + 3_600_000);
      const key = await keyOf(acme, ['auth.*', 'house.*'], end);
      for (const expiresAt of [undefined, null, new Date(end.getTime() + 1).toISOString()]) {
        expect(await server.send('POST', '/v1/api-keys', key, { ...body, expiresAt })).toMatchObject({
          status: 403,
          body: { code: 'auth.api_key.outlives_creator', expiresAt: end.toISOString() },
        });
      }
      const within = { ...body, expiresAt: end.toISOString() };
      expect((await server.send('POST', '/v1/api-keys', key, within)).status).toBe(201);
      const past = { ...body, expiresAt: '2020-01-01T00:00:00Z' };
      expect(await server.send('POST', '/v1/api-keys', key, past)).toMatchObject({
        status: 422,
        body: { code: 'auth.api_key.expiry_past' },
      });
    });

    it('makes none in another tenant, whoever asks: operators go in by an impersonation', async () => {
      for (const creator of [await keyOf(PLATFORM_TENANT_ID, ['*']), await admin(acme)])
        for (const tenantId of [globex, uuidv7()])
          expect(await server.send('POST', '/v1/api-keys', creator, { ...body, tenantId })).toMatchObject({
            status: 400,
            body: { code: 'request.invalid' },
          });
    });

    it.each([
      ['no name', { permissions: ['house.doors.open'] }],
      ['an empty name', { ...body, name: ' ' }],
      ['no permissions', { ...body, permissions: [] }],
      ['a malformed permission', { ...body, permissions: ['house.*.open'] }],
      ['a malformed end', { ...body, expiresAt: 'tomorrow' }],
      ['an end that has no date', { ...body, expiresAt: '9999-12-31T23:59:59-14:00' }],
      ['what it may not say', { ...body, origin: 'first_start' }],
      ['a secret of its own', { ...body, key: 'acci_x' }],
    ])('refuses %s', async (_what, request) => {
      expect(await server.send('POST', '/v1/api-keys', await admin(acme), request)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid' },
      });
    });

    it('repeats its answer under an Idempotency-Key, but not the key', async () => {
      const key = await admin(acme);
      const send = () => server.send('POST', '/v1/api-keys', key, body, { 'idempotency-key': 'once' });
      const first = await send();
      const again = await send();
      expect(first).toMatchObject({ status: 201, body: { key: expect.any(String) } });
      expect(again).toMatchObject({ status: 201, body: { ...first.body, key: null } });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    });

    it('makes one key under an Idempotency-Key, also if the process dies before it has answered', async () => {
      const key = await admin(globex);
      const once = { 'idempotency-key': uuidv7() };
      const first = await server.send('POST', '/v1/api-keys', key, body, once);
      // The first one's answers die with its process.
      const other = await AuthServer.start(adapter, db);
      const again = await other.send('POST', '/v1/api-keys', key, body, once);
      await other.app.close();
      expect(first).toMatchObject({ status: 201, body: { key: expect.any(String) } });
      expect(again).toMatchObject({ status: 201, body: { ...first.body, key: null } });
      expect(again.headers.get('idempotency-replayed')).toBeNull();
      for (const name of ['location', 'event-position'])
        expect(again.headers.get(name)).toBe(first.headers.get(name));
      const kept = await db.admin('select result::text from acci.handled_commands where command_id = $1', [
        once['idempotency-key'],
      ]);
      expect(kept).toHaveLength(1);
      expect(JSON.stringify(kept)).not.toContain(first.body.key.slice(0, 12));
    });
  });

  describe('DELETE', () => {
    it('revokes, once and again', async () => {
      const key = await admin(acme);
      const { id, key: victim } = await issueKey(server.app, { tenantId: acme, permissions: ['house.*'] });
      expect((await server.send('GET', '/v1/doors/locked', victim)).status).toBe(200);
      const revoked = await server.send('DELETE', `/v1/api-keys/${id}`, key);
      expect(revoked).toMatchObject({ status: 204, body: undefined });
      expect(revoked.headers.has('event-position')).toBe(true);
      const again = await server.send('DELETE', `/v1/api-keys/${id}`, key);
      expect(again.status).toBe(204);
      expect(again.headers.has('event-position')).toBe(false);
      await eventually(async () => (await server.send('GET', '/v1/doors/locked', victim)).status, 401);
      const { body: shown } = await server.send('GET', `/v1/api-keys/${id}`, key);
      expect(Date.parse(shown.revokedAt)).toBeGreaterThan(Date.now() - 10_000);
    });
  });

  it('never shows or revokes a key of another tenant: it is answered like one that does not exist', async () => {
    const key = await admin(acme);
    const { id: theirs, key: victim } = await issueKey(server.app, {
      tenantId: globex,
      permissions: ['house.*'],
    });
    const nowhere = uuidv7();
    for (const method of ['GET', 'DELETE']) {
      const [foreign, missing] = await Promise.all(
        [theirs, nowhere].map((id) => server.send(method, `/v1/api-keys/${id}`, key)),
      );
      expect(foreign?.status).toBe(404);
      const { correlationId: _one, ...foreignBody } = foreign?.body ?? {};
      const { correlationId: _other, ...missingBody } = missing?.body ?? {};
      expect(JSON.stringify(foreignBody).replaceAll(theirs, nowhere)).toBe(JSON.stringify(missingBody));
      expect([...(foreign?.headers.keys() ?? [])]).toEqual([...(missing?.headers.keys() ?? [])]);
      const operator = await keyOf(PLATFORM_TENANT_ID, ['*']);
      const reached = await server.send(method, `/v1/api-keys/${theirs}?tenantId=${globex}`, operator);
      expect(reached).toMatchObject({ status: 404, body: { code: 'auth.api_key.not_found' } });
    }
    const { body: listed } = await server.send('GET', '/v1/api-keys?limit=200', key);
    expect(listed.items.every(({ tenantId }: { tenantId: string }) => tenantId === acme)).toBe(true);
    expect((await server.send('GET', '/v1/doors/locked', victim)).status).toBe(200);
  });

  it('lists with cursor and links', async () => {
    const key = await admin(acme);
    const first = await server.send('GET', '/v1/api-keys?limit=2', key);
    expect(first.body.items).toHaveLength(2);
    expect(JSON.stringify(first.body)).not.toContain('"key"');
    expect(first.headers.get('link')).toContain('rel="next"');
    const second = await server.send('GET', `/v1/api-keys?limit=2&cursor=${first.body.next}`, key);
    expect(second.body.items[0].id < first.body.items[1].id).toBe(true);
    expect((await server.send('GET', '/v1/api-keys?cursor=bm9wZQ', key)).status).toBe(400);
  });

  it('knows every permission by the routes that ask for it', async () => {
    const { body: listed } = await server.send('GET', '/v1/permissions', await admin(acme));
    const names = listed.items.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'auth.api_keys.create',
        'auth.api_keys.revoke',
        'auth.permissions.read',
        'house.doors.open',
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});
