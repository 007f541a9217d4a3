import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import { OperatorKeyBootstrap } from '../index.js';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { issueKey } from '../testing.js';

const operatorKey = 'operator-key-of-the-configuration-0123456789';
const inside = { 'x-forwarded-for': '192.0.2.7' };
const outside = { 'x-forwarded-for': '198.51.100.1' };

describe('An operator who came with a key', () => {
  let db: TestDatabase;
  let server: AuthServer;
  let unconfigured: AuthServer;
  let tenantId: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start('fastify', db, [], { operatorKey }, '127.0.0.1');
    unconfigured = await AuthServer.start('fastify', db);
    await server.app.get(OperatorKeyBootstrap, { strict: false }).run();
    [tenantId = ''] = await createTenants(server.app, 1);
  });
  afterAll(async () => {
    await Promise.all([server.app.close(), unconfigured.app.close()]);
    await db.close();
  });

  const start = async (key: string, headers = {}): Promise<string> => {
    const body = { reason: 'Ticket 4711' };
    const path = `/v1/tenants/${tenantId}/impersonations`;
    return (await server.send('POST', path, key, body, headers)).body.token;
  };
  const session = async (token: string, headers = {}, at = server) =>
    (await at.send('GET', '/v1/auth/session', token, undefined, headers)).status;

  it('acts from where the key is good, and from nowhere else', async () => {
    const { key } = await issueKey(server.app, { addressRanges: ['192.0.2.0/24'] });
    const token = await start(key, inside);
    expect(await session(token, inside)).toBe(200);
    expect(await session(token, outside)).toBe(401);
  });

  it('is out when the key is taken out of the configuration', async () => {
    const token = await start(operatorKey);
    expect(await session(token)).toBe(200);
    expect(await session(token, {}, unconfigured)).toBe(401);
  });
});
