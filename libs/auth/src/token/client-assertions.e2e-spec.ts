import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type CryptoKey,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { AddPublicKey } from '../index.js';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { askForToken, TestServiceAccount } from '../spec-support/service-accounts.js';
import { assertionType } from './token-request.js';

const apiUrl = 'https://api.example.com';
const audience = `${apiUrl}/v1/auth/token`;
const refused = { status: 401, body: { error: 'invalid_client' } };
const now = () => Math.floor(Date.now() / 1_000);

describe('private_key_jwt', () => {
  let db: TestDatabase;
  let server: AuthServer;
  let acme: string;
  let robot: TestServiceAccount;
  let pair: { publicKey: CryptoKey; privateKey: CryptoKey };
  let keyId: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start('fastify', db, [], { apiUrl: `${apiUrl}/` });
    [acme = ''] = await createTenants(server.app, 1);
    pair = await generateKeyPair('ES256', { extractable: true });
    robot = await TestServiceAccount.create(server.app, acme);
    keyId = await addKey(robot, pair.publicKey);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  async function addKey(account: TestServiceAccount, publicKey: CryptoKey, kid?: string): Promise<string> {
    const jwk = { ...(await exportJWK(publicKey)), ...(kid !== undefined && { kid }) };
    const added = await account.commands.execute(
      new AddPublicKey(
        account.ctx,
        { permissions: '*' },
        { id: account.id, name: 'A key', publicKey: jwk as never },
      ),
    );
    return added.keyId;
  }
  const claims = (more: JWTPayload = {}): JWTPayload => ({
    iss: robot.clientId,
    sub: robot.clientId,
    aud: audience,
    exp: now() + 60,
    jti: randomUUID(),
    ...more,
  });
  const sign = (
    payload: JWTPayload,
    key: CryptoKey | Uint8Array = pair.privateKey,
    header: { alg: string; kid?: string } = { alg: 'ES256' },
  ) => new SignJWT(payload).setProtectedHeader(header).sign(key);
  const show = (assertion: string, more: Record<string, string> = {}) =>
    askForToken(server.port, {
      grant_type: 'client_credentials',
      client_assertion_type: assertionType,
      client_assertion: assertion,
      ...more,
    });

  it('gives a token for an assertion that the account’s key signed', async () => {
    const answers = [
      await show(await sign(claims())),
      await show(await sign(claims({ aud: apiUrl })), { client_id: robot.clientId }),
      await show(await sign(claims({ aud: [audience] }), undefined, { alg: 'ES256', kid: keyId })),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect((await server.send('GET', '/v1/doors/locked', body.access_token)).status).toBe(200);
    }
  });

  it.each(['RS256', 'PS256', 'ES384', 'Ed25519', 'EdDSA'])('takes %s', async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    await addKey(robot, publicKey, alg);
    expect((await show(await sign(claims(), privateKey, { alg, kid: alg }))).status).toBe(200);
  });

  it('takes an assertion once, though 50 show it at the same time', async () => {
    const assertion = await sign(claims());
    const answers = await Promise.all(Array.from({ length: 50 }, () => show(assertion)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
    expect(await show(assertion)).toMatchObject(refused);
  });

  it('keeps ids as long as their assertions could be shown again, and no longer', async () => {
    const id = randomUUID();
    expect((await show(await sign(claims({ jti: id, exp: now() - 20 })))).status).toBe(200);
    expect(await show(await sign(claims({ jti: id, exp: now() + 60 })))).toMatchObject(refused);
    const [kept] = await db.admin<{ seconds: number }>(
      'select max(extract(epoch from expires_at - now()))::int as seconds from acci.service_account_assertions',
    );
    // An assertion of 60 seconds, the half minute by which clients may be late, and as much for the database's clock.
    expect(kept?.seconds).toBeGreaterThan(90);
    await db.admin('update acci.service_account_assertions set expires_at = now()');
    await show(await sign(claims()));
    expect(await db.admin('select 1 from acci.service_account_assertions')).toHaveLength(1);
  });

  it.each<[string, JWTPayload]>([
    ['another audience', { aud: 'https://other.example.com/v1/auth/token' }],
    ['the host that it was sent to, which nobody configured', { aud: 'http://127.0.0.1/v1/auth/token' }],
    ['a second audience', { aud: [audience, 'https://other.example.com'] }],
    ['no audience', { aud: undefined }],
    ['an end that is past, by more than clocks differ', { exp: now() - 31 }],
    ['an end too far away', { exp: now() + 700 }],
    ['no end', { exp: undefined }],
    ['an end that is no number', { exp: '9999999999' as never }],
    ['a beginning to come, by more than clocks differ', { nbf: now() + 90 }],
    ['no id', { jti: undefined }],
    ['an empty id', { jti: '' }],
    ['an endless id', { jti: 'x'.repeat(5_000) }],
    ['another issuer', { iss: 'https://issuer.example.com' }],
    ['no subject', { sub: undefined }],
    ['a subject that is no client', { sub: 'admin', iss: 'admin' }],
  ])('refuses %s', async (_what, wrong) => {
    expect(await show(await sign(claims(wrong)))).toMatchObject(refused);
  });

  it('allows for clocks that differ by half a minute', async () => {
    expect((await show(await sign(claims({ exp: now() - 20, nbf: now() + 20 })))).status).toBe(200);
  });

  it('refuses a signature that is none, or of another key', async () => {
    const none = new UnsecuredJWT(claims()).encode();
    expect(await show(none)).toMatchObject(refused);
    expect(await show(`${none}x`)).toMatchObject(refused);
    const spki = new TextEncoder().encode(await exportSPKI(pair.publicKey));
    const jwk = new TextEncoder().encode(JSON.stringify(await exportJWK(pair.publicKey)));
    for (const secret of [spki, jwk])
      expect(await show(await sign(claims(), secret, { alg: 'HS256', kid: keyId }))).toMatchObject(refused);
    for (const kid of ['\0', '', 'x'.repeat(300)])
      expect(await show(await sign(claims(), undefined, { alg: 'ES256', kid }))).toMatchObject(refused);
    const { privateKey } = await generateKeyPair('ES256');
    expect(await show(await sign(claims(), privateKey))).toMatchObject(refused);
    expect(await show(await sign(claims(), undefined, { alg: 'ES256', kid: 'unknown' }))).toMatchObject(
      refused,
    );
    const [head, , signature] = (await sign(claims())).split('.');
    const payload = Buffer.from(JSON.stringify(claims())).toString('base64url');
    expect(await show(`${head}.${payload}.${signature}`)).toMatchObject(refused);
    for (const nonsense of ['x', 'a.b.c', '..', `${head}..${signature}`])
      expect(await show(nonsense)).toMatchObject(refused);
  });

  it('takes no key from the assertion itself', async () => {
    const attacker = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(attacker.publicKey);
    for (const header of [{ jwk }, { jku: 'https://attacker.example.com/jwks' }]) {
      const assertion = await new SignJWT(claims())
        .setProtectedHeader({ alg: 'ES256', ...header })
        .sign(attacker.privateKey);
      expect(await show(assertion)).toMatchObject(refused);
    }
  });

  it('proves one account and no other, and no other client id beside it', async () => {
    const other = await TestServiceAccount.create(server.app, acme);
    await addKey(other, (await generateKeyPair('ES256', { extractable: true })).publicKey);
    const forOther = claims({ iss: other.clientId, sub: other.clientId });
    expect(await show(await sign(forOther))).toMatchObject(refused);
    expect(await show(await sign(claims()), { client_id: other.clientId })).toMatchObject(refused);
  });

  it('is refused with another type, and gives nothing to a disabled account', async () => {
    const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer';
    expect(await show(await sign(claims()), { client_assertion_type: saml })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    await robot.disable();
    expect(await show(await sign(claims()))).toMatchObject(refused);
    await robot.enable();
    expect((await show(await sign(claims()))).status).toBe(200);
  });
});
