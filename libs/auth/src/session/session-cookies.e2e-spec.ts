import type { IncomingMessage } from 'node:http';
import { Database, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import { Passwords, UserAccounts } from '../index.js';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { aUser, logIn } from '../spec-support/log-in.js';
import { csrfTokenOf } from './csrf.js';
import { CrossSiteRequest } from './session.errors.js';
import { SessionCookies } from './session-cookies.js';

describe.each(adapters)('A session in a cookie, on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let cookie: string;
  let token: string;
  let tenantId: string;
  let userId: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db, [], {
      publicUrl: 'https://app.example.com',
      origins: ['https://admin.example.com'],
    });
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });
  beforeEach(async () => {
    [tenantId = ''] = await createTenants(server.app, 1);
    userId = await aUser(server.app, tenantId);
    ({ token } = await logIn(server.app, tenantId, userId));
    cookie = `__Host-acci_session=${token}`;
  });

  const send = (method: string, path: string, headers: Record<string, string> = {}) =>
    server.send(method, path, undefined, undefined, { cookie, ...headers });
  const endOthers = (headers: Record<string, string>) => send('DELETE', '/v1/auth/sessions', headers);
  const refused = { status: 403, body: { code: 'auth.csrf.refused' } };

  it('reads without more, and learns its CSRF token so', async () => {
    const { status, body } = await send('GET', '/v1/auth/session');
    expect(status).toBe(200);
    expect(body.csrfToken).toBe(csrfTokenOf(token));
    expect((await endOthers({ 'x-csrf-token': body.csrfToken })).status).toBe(200);
  });

  it.each([
    ['no token', {}],
    ['a made up one', { 'x-csrf-token': 'A'.repeat(43) }],
  ])('changes nothing with %s', async (_what, headers) => {
    expect(await endOthers(headers)).toMatchObject(refused);
    expect(await send('POST', '/v1/auth/logout', headers)).toMatchObject(refused);
    expect((await send('GET', '/v1/auth/session')).status).toBe(200);
  });

  it.each([
    [
      'this host',
      () => ({ origin: `http://127.0.0.1:${server.port}`, 'sec-fetch-site': 'same-origin' }),
      200,
    ],
    ['the front end', () => ({ origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' }), 200],
    ['an origin of the options', () => ({ origin: 'https://admin.example.com' }), 200],
    ['a neighbour', () => ({ origin: 'https://evil.example.com', 'sec-fetch-site': 'same-site' }), 403],
    ['another site', () => ({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }), 403],
    ['nowhere', () => ({ origin: 'null' }), 403],
  ])('with its token, from %s', async (_what, headers, status) => {
    expect((await endOthers({ 'x-csrf-token': csrfTokenOf(token), ...headers() })).status).toBe(status);
  });

  it.each([
    ['GET', '', { 'x-http-method-override': 'DELETE' }],
    ['GET', '?_method=DELETE', { 'x-method-override': 'DELETE' }],
    ['HEAD', '', { 'x-http-method': 'DELETE' }],
  ])('takes %s%s with %j for what it is', async (method, query, headers) => {
    const other = await logIn(server.app, tenantId, userId);
    expect((await send(method, `/v1/auth/sessions${query}`, headers)).status).toBe(200);
    expect((await server.send('GET', '/v1/auth/session', other.token)).status).toBe(200);
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'is not had by a form of type %s, which any page can send',
    async (type) => {
      const body = `{"tenant":"t","login":"l","password":"p","as":"cookie"}`;
      const answer = await fetch(`http://127.0.0.1:${server.port}/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      expect(answer.status).toBe(415);
      expect(answer.headers.getSetCookie()).toEqual([]);
    },
  );

  it('asks a Bearer token for nothing of this', async () => {
    const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await server.send('DELETE', '/v1/auth/sessions', token, undefined, evil)).status).toBe(200);
  });

  it('is never one that the browser came with, which ends', async () => {
    const slug = `t-${uuidv7()}`;
    const [tenantId = ''] = await createTenants(server.app, 1, { slug });
    const userId = await aUser(server.app, tenantId);
    const password = 'nine plum trees in a row';
    await server.app
      .get(Database)
      .inTenant(tenantId, (tx) => server.app.get(Passwords).set(tx, tenantId, userId, password));
    const account = await server.app.get(UserAccounts).findById(tenantId, userId);
    const body = { tenant: slug, login: account?.email, password, as: 'cookie' };
    // What somebody else has put there beforehand, their own session.
    const { headers } = await server.send('POST', '/v1/auth/login', undefined, body, { cookie });
    const given = headers.getSetCookie().find((line) => line.startsWith('__Host-acci_session=')) ?? '';
    expect(given).toMatch(/; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    const own = { cookie: given.split(';')[0] ?? '' };
    expect((await send('GET', '/v1/auth/session', own)).body.userId).toBe(userId);
    expect((await send('GET', '/v1/auth/session')).status).toBe(401);
  });

  it('is taken away by the logout', async () => {
    const out = await send('POST', '/v1/auth/logout', { 'x-csrf-token': csrfTokenOf(token) });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toBe(
      '__Host-acci_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure',
    );
    expect((await send('GET', '/v1/auth/session')).status).toBe(401);
  });

  it('says that two kinds of credentials are too many', async () => {
    expect(await send('GET', '/v1/auth/session', { authorization: `Bearer ${token}` })).toMatchObject({
      status: 401,
      body: { code: 'auth.credentials.ambiguous' },
    });
  });
});

it('Pages of each tenant may be on a host of its own', () => {
  const cookies = new SessionCookies({ publicUrl: 'https://{tenant}.example.com/app' });
  const from = (origin: string) => () =>
    cookies.assertSameSite({ headers: { host: 'api.example.com', origin } } as unknown as IncomingMessage);
  expect(from('https://acme.example.com')).not.toThrow();
  expect(from('https://acme.example.com.evil.example')).toThrow(CrossSiteRequest);
  expect(from('https://a.b.example.com')).toThrow(CrossSiteRequest);
  expect(from('http://acme.example.com')).toThrow(CrossSiteRequest);
  expect(from('https://acmeXexample.com')).toThrow(CrossSiteRequest);
});

it('A cookie for development goes over plain http, under another name', () => {
  const cookies = new SessionCookies({ insecureCookies: true });
  expect(cookies.name).toBe('acci_session');
  expect(new SessionCookies({}).name).toBe('__Host-acci_session');
});
