import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import { exportJWK, generateKeyPair } from 'jose';
import { AuthServer, createAuthDatabase } from '../../spec-support/auth-app.js';
import { askForToken } from '../../spec-support/service-accounts.js';
import { issueKey } from '../../testing.js';

const path = '/v1/service-accounts';

describe('What a service account logs in with', () => {
  let db: TestDatabase;
  let server: AuthServer;
  let acme: string;
  let admin: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start('fastify', db);
    [acme = ''] = await createTenants(server.app, 1);
    admin = await keyOf();
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const keyOf = async (more: object = {}) =>
    (await issueKey(server.app, { tenantId: acme, permissions: ['auth.*', 'house.*'], ...more })).key;
  const send = (method: string, to: string, body?: unknown, key = admin, more: Record<string, string> = {}) =>
    server.send(method, `${path}${to}`, key, body, more);
  const created = async (): Promise<string> =>
    (await send('POST', '', { name: `Export ${uuidv7()}`, permissions: ['house.doors.open'] })).body.id;

  it('shows a secret once, and keeps a hash that is in no event', async () => {
    const id = await created();
    const wish = { name: 'First', expiresAt: '2099-12-31T23:00:00+01:00' };
    const key = { 'idempotency-key': uuidv7() };
    const added = await send('POST', `/${id}/secrets`, wish, admin, key);
    expect(added.body).toEqual({
      id: expect.any(String),
      clientId: `${id}.${acme}`,
      clientSecret: expect.stringMatching(/^acciss(_[0-9A-Za-z]{22}){2}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/),
    });
    const again = await send('POST', `/${id}/secrets`, wish, admin, key);
    expect(again.body).toEqual({ ...added.body, clientSecret: null });
    const secret: string = added.body.clientSecret;
    const listed = await send('GET', `/${id}/credentials`);
    const expected = {
      id: added.body.id,
      kind: 'client_secret',
      name: 'First',
      expiresAt: '2099-12-31T22:00:00.000Z',
    };
    expect(listed.body).toEqual({ items: [expect.objectContaining({ ...expected, lastUsedAt: null })] });
    const tables = [
      'events',
      'service_account_credentials',
      'service_accounts',
      'idempotency_keys',
      'handled_commands',
    ];
    for (const table of tables) {
      const found = await db.admin(`select 1 from acci.${table} t where strpos(t::text, $1) > 0`, [
        secret.slice(53, 96),
      ]);
      expect(found).toEqual([]);
    }
    await expect(
      db.database.queryAsSystem('test', 'select * from acci.service_account_credentials'),
    ).rejects.toThrow(/permission denied/);
  });

  it('has several secrets, so that one takes another’s place without a break', async () => {
    const id = await created();
    const [first, second] = [
      (await send('POST', `/${id}/secrets`, { name: 'First' })).body,
      (await send('POST', `/${id}/secrets`, { name: 'Second' })).body,
    ];
    const status = async ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) =>
      (
        await askForToken(server.port, {
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: clientSecret,
        })
      ).status;
    expect([await status(first), await status(second)]).toEqual([200, 200]);
    expect((await send('DELETE', `/${id}/credentials/${first.id}`)).status).toBe(204);
    expect((await send('DELETE', `/${id}/credentials/${first.id}`)).status).toBe(204);
    expect([await status(first), await status(second)]).toEqual([401, 200]);
  });

  it('takes public keys, and no private, weak or other ones', async () => {
    const id = await created();
    const add = (publicKey: object) => send('POST', `/${id}/public-keys`, { name: 'A key', publicKey });
    const pair = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    expect(await add(jwk)).toMatchObject({
      status: 200,
      body: { keyId: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(await add(jwk)).toMatchObject({
      status: 409,
      body: { code: 'auth.service_account.key_known' },
    });
    expect((await add(await exportJWK(pair.privateKey))).status).toBe(400);
    const unusable = { status: 422, body: { code: 'auth.service_account.key_unusable' } };
    const weak = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
    const { n = '', ...rsa } = await exportJWK(weak.publicKey);
    expect((await add({ ...rsa, n })).status).toBe(200);
    expect(
      await add({ ...rsa, n: Buffer.from(n, 'base64url').subarray(0, 128).toString('base64url') }),
    ).toMatchObject(unusable);
    // With the exponent 1 a signature is what is signed: everybody could make it.
    for (const e of ['AQ', 'Aw', 'AQAA']) expect(await add({ ...rsa, n, e, kid: e })).toMatchObject(unusable);
    expect(await add({ ...jwk, alg: 'HS256', kid: 'a' })).toMatchObject(unusable);
    expect(await add({ ...jwk, x: jwk.y, kid: 'b' })).toMatchObject(unusable);
    expect((await add({ kty: 'oct', k: 'c2VjcmV0' })).status).toBe(400);
  });

  it('has ten credentials at most, whoever adds them at the same time', async () => {
    const id = await created();
    const tries = await Promise.all(
      Array.from({ length: 15 }, () => send('POST', `/${id}/secrets`, { name: 'One of many' })),
    );
    expect(tries.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(tries.filter(({ status }) => status === 409)).toHaveLength(5);
  });

  it('is not added by a key that would end before, or is bound to networks: it would pass itself by', async () => {
    const id = await created();
    const { publicKey } = await generateKeyPair('ES256');
    const ways = [
      ['secrets', {}],
      ['public-keys', { publicKey: await exportJWK(publicKey) }],
    ] as const;
    const soon = new Date(Date.now() + 60_000);
    const [timed, bound] = [await keyOf({ expiresAt: soon }), await keyOf({ addressRanges: ['127.0.0.1'] })];
    for (const [way, more] of ways) {
      const add = (key: string, expiresAt?: Date) =>
        send('POST', `/${id}/${way}`, { name: 'Mine', ...more, ...(expiresAt && { expiresAt }) }, key);
      const refused = (code: string) => ({ status: 403, body: { code: `auth.api_key.${code}` } });
      expect(await add(timed)).toMatchObject(refused('outlives_creator'));
      expect(await add(timed, new Date(soon.getTime() + 1))).toMatchObject(refused('outlives_creator'));
      expect(await add(bound, soon)).toMatchObject(refused('ranges_wider'));
      expect((await add(timed, soon)).status).toBe(200);
    }
  });
});
