import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { askForToken, TestServiceAccount } from '../spec-support/service-accounts.js';

describe.each(adapters)('POST /v1/auth/token:revoke on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let elsewhere: AuthServer;
  let acme: string;
  let globex: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db);
    elsewhere = await AuthServer.start(adapter, db);
    [acme = '', globex = ''] = await createTenants(server.app, 2);
  });
  afterAll(async () => {
    await Promise.all([server.app.close(), elsewhere.app.close()]);
    await db.close();
  });

  async function aRobot(tenantId = acme) {
    const account = await TestServiceAccount.create(server.app, tenantId);
    const client = { client_id: account.clientId, client_secret: (await account.addSecret()).secret };
    const form = { grant_type: 'client_credentials', ...client };
    return { account, client, token: (await askForToken(server.port, form)).body.access_token as string };
  }
  const open = async (token: string, at = server): Promise<number> =>
    (await at.send('GET', '/v1/doors/locked', token)).status;
  async function revoke(fields: Record<string, string>, headers: Record<string, string> = {}) {
    const url = `http://127.0.0.1:${server.port}/v1/auth/token:revoke`;
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers });
    return { status: answer.status, text: await answer.text() };
  }
  const done = { status: 200, text: '' };

  it('makes a token worth nothing, at once here and soon elsewhere', async () => {
    const { client, token } = await aRobot();
    expect([await open(token), await open(token, elsewhere)]).toEqual([200, 200]);
    expect(await revoke({ ...client, token, token_type_hint: 'access_token' })).toEqual(done);
    expect(await open(token)).toBe(401);
    await eventually(() => open(token, elsewhere), 401);
    expect(await revoke({ ...client, token })).toEqual(done);
  });

  it('changes nothing about what is no token of the client’s, and does not say so', async () => {
    const [robot, colleague, stranger] = [await aRobot(), await aRobot(), await aRobot(globex)];
    for (const token of [colleague.token, stranger.token, `${robot.token}x`, 'nonsense', 'x'.repeat(9_999)])
      expect(await revoke({ ...robot.client, token })).toEqual(done);
    for (const { token } of [robot, colleague, stranger]) expect(await open(token)).toBe(200);
  });

  it('is for clients only', async () => {
    const { account, client, token } = await aRobot();
    const { client: other } = await aRobot();
    const refused = { status: 401, text: expect.stringContaining('invalid_client') };
    expect(await revoke({ token })).toEqual(refused);
    expect(await revoke({ ...client, client_id: other.client_id, token })).toEqual(refused);
    expect(await revoke({ token }, { authorization: `Bearer ${token}` })).toEqual(refused);
    for (const form of [client, { ...client, token: '' }])
      expect(await revoke(form)).toEqual({ status: 400, text: expect.stringContaining('invalid_request') });
    expect(await open(token)).toBe(200);
    await account.disable();
    expect(await revoke({ ...client, token })).toEqual(refused);
  });
});
