import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { ChangeServiceAccount, RevokeServiceAccountCredential, SetRole } from '../index.js';
import { clientIdOf } from '../service-account/client-id.js';
import { newClientSecret } from '../service-account/credentials/credential-table.js';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { askForToken, TestServiceAccount } from '../spec-support/service-accounts.js';
import { issueKey } from '../testing.js';
import { ServiceTokenAuthenticator } from './service-token.authenticator.js';

const grant = { grant_type: 'client_credentials' };
const refused = { status: 401, body: { error: 'invalid_client' } };
const door = '/v1/doors/locked';

describe.each(adapters)('POST /v1/auth/token on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let acme: string;
  let robot: TestServiceAccount;
  let secret: string;
  let credentialId: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db);
    [acme = ''] = await createTenants(server.app, 1);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });
  beforeEach(async () => {
    robot = await TestServiceAccount.create(server.app, acme, ['house.doors.*', 'auth.me.read']);
    ({ secret, credentialId } = await robot.addSecret());
  });

  const ask = (fields: Record<string, string> | [string, string][], headers?: Record<string, string>) =>
    askForToken(server.port, fields, headers);
  const credentials = () => ({ client_id: robot.clientId, client_secret: secret });
  const token = async (more: Record<string, string> = {}): Promise<string> =>
    (await ask({ ...grant, ...credentials(), ...more })).body.access_token;
  const open = async (text: string): Promise<number> => (await server.send('GET', door, text)).status;

  /** What is known for a second must be asked anew. */
  const openAnew = (text: string): Promise<number> => {
    server.app.get(ServiceTokenAuthenticator, { strict: false }).forget(text);
    return open(text);
  };

  it('gives a token for a quarter of an hour, to be kept nowhere', async () => {
    const answer = await ask({ ...grant, ...credentials() });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^acciat(_[0-9A-Za-z]{22}){2}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'auth.me.read house.doors.*',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
    expect(await server.send('GET', door, answer.body.access_token)).toMatchObject({
      status: 200,
      body: { of: acme, openedBy: `service_account:${robot.id}` },
    });
    const [row] = await db.admin<{ text: string; seconds: number }>(
      `select t::text as text, extract(epoch from expires_at - now())::int as seconds
         from acci.service_account_tokens t where account_id = $1`,
      [robot.id],
    );
    expect(row?.text).not.toContain(answer.body.access_token.slice(53, 96));
    expect(Math.abs((row?.seconds ?? 0) - 900)).toBeLessThan(30);
  });

  it('takes the client by Basic, each part encoded as in a form', async () => {
    const encode = (text: string) => encodeURIComponent(text).replaceAll('.', '%2E');
    for (const [id, password] of [
      [robot.clientId, secret],
      [encode(robot.clientId), encode(secret)],
    ])
      expect((await ask(grant, { authorization: `Basic ${btoa(`${id}:${password}`)}` })).status).toBe(200);
  });

  it.each([
    ['no credentials', () => ({})],
    ['no secret', () => ({ client_id: robot.clientId })],
    ['no client id', () => ({ client_secret: secret })],
    ['another tenant', () => ({ client_id: clientIdOf({ tenantId: uuidv7(), accountId: robot.id }) })],
    ['another account', () => ({ client_id: clientIdOf({ tenantId: acme, accountId: uuidv7() }) })],
    ['a made-up secret', () => ({ client_secret: newClientSecret(acme, credentialId).text })],
    ['a secret of nowhere', () => ({ client_secret: newClientSecret(uuidv7(), uuidv7()).text })],
    ['a secret with a typing error', () => ({ client_secret: `${secret.slice(0, -1)}_` })],
    ['nonsense', () => ({ client_id: 'admin', client_secret: 'admin' })],
  ])('refuses %s', async (what, given) => {
    const fields = what.startsWith('no ') ? given() : { ...credentials(), ...given() };
    const answer = await ask({ ...grant, ...fields });
    expect(answer).toMatchObject(refused);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it.each([
    ['another scheme', () => `Bearer ${secret}`],
    ['no base64', () => 'Basic :::'],
    ['no colon', () => `Basic ${btoa(robot.clientId)}`],
    ['percent signs that encode nothing', () => `Basic ${btoa(`${robot.clientId}:%zz`)}`],
    ['the parts in the wrong order', () => `Basic ${btoa(`${secret}:${robot.clientId}`)}`],
    ['nothing', () => `Basic ${btoa(':')}`],
  ])('refuses an Authorization header with %s', async (_what, header) => {
    const answer = await ask(grant, { authorization: header() });
    expect(answer).toMatchObject(refused);
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="token"');
  });

  it.each([
    ['unsupported_grant_type', () => ({ ...credentials(), grant_type: 'password' })],
    ['invalid_request', () => credentials()],
    ['invalid_request', () => ({ ...grant, ...credentials(), client_assertion: 'x' })],
    ['invalid_scope', () => ({ ...grant, ...credentials(), scope: 'house.doors.open tenancy.tenants.read' })],
    ['invalid_scope', () => ({ ...grant, ...credentials(), scope: '*' })],
    ['invalid_scope', () => ({ ...grant, ...credentials(), scope: 'a"b' })],
  ])('answers %s', async (error, fields) => {
    const answer = await ask(fields());
    expect(answer).toMatchObject({ status: 400, body: { error, error_description: expect.any(String) } });
    expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description']);
  });

  it('takes no field twice, no two ways at once, and nothing but a form', async () => {
    const fields = Object.entries({ ...grant, ...credentials() });
    const invalid = { status: 400, body: { error: 'invalid_request' } };
    expect(await ask([...fields, ['client_id', robot.clientId]])).toMatchObject(invalid);
    const authorization = `Basic ${btoa(`${robot.clientId}:${secret}`)}`;
    expect(await ask(fields, { authorization })).toMatchObject(invalid);
    const json = await server.send('POST', '/v1/auth/token', undefined, Object.fromEntries(fields));
    expect(json).toMatchObject({ status: 415, body: { code: 'request.media_type.unsupported' } });
  });

  it('narrows a token to its scope, and to what the account may do by now', async () => {
    const narrow = await token({ scope: 'auth.me.read' });
    expect(await server.send('GET', door, narrow)).toMatchObject({
      status: 403,
      body: { code: 'auth.permission.missing' },
    });
    const wide = await token({ scope: 'house.doors.open' });
    expect(await open(wide)).toBe(200);
    const changes = { permissions: ['auth.me.read'] };
    await robot.commands.execute(
      new ChangeServiceAccount(robot.ctx, { permissions: '*' }, { id: robot.id, changes }),
    );
    expect(await openAnew(wide)).toBe(403);
  });

  it('counts the account’s roles among what it may do', async () => {
    const principal = { type: 'service_account', id: robot.id } as const;
    await robot.commands.execute(
      new SetRole(robot.ctx, { permissions: '*' }, { principal, roleId: 'auditor', has: true }),
    );
    const text = await token({ scope: 'auth.users.read' });
    expect((await server.send('GET', '/v1/users', text)).status).toBe(200);
  });

  it('gives nothing to a disabled account, whose tokens die within a second, for good', async () => {
    const text = await token();
    expect(await open(text)).toBe(200);
    await robot.disable();
    expect(await ask({ ...grant, ...credentials() })).toMatchObject(refused);
    await eventually(() => open(text), 401);
    // Whoever's clock is late or ahead: what was made before stays worthless.
    await db.admin(`update acci.service_account_tokens set created_at = now() + interval '1 h'`);
    await robot.enable();
    expect(await openAnew(text)).toBe(401);
    expect(await open(await token())).toBe(200);
  });

  it('gives nothing to a deleted account, nor for a secret that was revoked or has expired', async () => {
    const text = await token();
    await robot.commands.execute(
      new RevokeServiceAccountCredential(robot.ctx, { id: robot.id, credentialId }),
    );
    expect(await ask({ ...grant, ...credentials() })).toMatchObject(refused);
    expect(await openAnew(text)).toBe(401);
    ({ secret } = await robot.addSecret(new Date(Date.now() + 500)));
    const short = await token();
    await eventually(async () => (await ask({ ...grant, ...credentials() })).status, 401);
    expect(await openAnew(short)).toBe(401);
    ({ secret } = await robot.addSecret());
    const last = await token();
    await robot.delete();
    expect(await ask({ ...grant, ...credentials() })).toMatchObject(refused);
    expect(await openAnew(last)).toBe(401);
  });

  it('gives nothing in a suspended tenant, whose tokens open nothing', async () => {
    const [tenantId = ''] = await createTenants(server.app, 1);
    robot = await TestServiceAccount.create(server.app, tenantId);
    ({ secret } = await robot.addSecret());
    const text = await token();
    expect(await open(text)).toBe(200);
    await robot.commands.execute(new SuspendTenant(platformContext(), { id: tenantId, reason: 'unpaid' }));
    expect(await ask({ ...grant, ...credentials() })).toMatchObject(refused);
    expect(await server.send('GET', door, text)).toMatchObject({
      status: 403,
      body: { code: 'tenancy.tenant.suspended' },
    });
  });

  it('gives tokens that end, and are worth nothing as anything else', async () => {
    const text = await token();
    await db.admin('update acci.service_account_tokens set expires_at = now() where account_id = $1', [
      robot.id,
    ]);
    expect(await open(text)).toBe(401);
    for (const other of [secret, robot.clientId]) expect(await open(other)).toBe(401);
    const { key } = await issueKey(server.app, { tenantId: acme, permissions: ['house.*'] });
    expect(await ask({ ...grant, client_id: robot.clientId, client_secret: key })).toMatchObject(refused);
    const basic = { authorization: `Basic ${btoa(`${await token()}:`)}` };
    expect((await server.send('GET', door, undefined, undefined, basic)).status).toBe(401);
  });

  it('removes tokens that have ended when others are made, and notes when a secret was used', async () => {
    await token();
    await db.admin('update acci.service_account_tokens set expires_at = now() where account_id = $1', [
      robot.id,
    ]);
    await token();
    const tokens = await db.admin('select 1 from acci.service_account_tokens where account_id = $1', [
      robot.id,
    ]);
    expect(tokens).toHaveLength(1);
    const [used] = await db.admin<{ at: Date }>(
      'select last_used_at as at from acci.service_account_credentials where id = $1',
      [credentialId],
    );
    expect(Date.now() - (used?.at.getTime() ?? 0)).toBeLessThan(30_000);
  });
});
