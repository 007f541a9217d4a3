import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { issueKey } from '../testing.js';
import { LastUses } from './last-uses.js';

const door = '/v1/doors/locked';
const forged = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip', 'cf-connecting-ip'];

describe('An API key that is bound to networks', () => {
  let db: TestDatabase;
  let tenantId: string;
  const servers = new Map<string, AuthServer>();

  beforeAll(async () => {
    db = await createAuthDatabase();
    for (const adapter of adapters) servers.set(adapter, await AuthServer.start(adapter, db));
    servers.set('behind a proxy', await AuthServer.start('fastify', db, [], {}, '127.0.0.1'));
    [tenantId = ''] = await createTenants(server('fastify').app, 1);
  });
  afterAll(async () => {
    for (const { app } of servers.values()) await app.close();
    await db.close();
  });

  const server = (name: string): AuthServer => servers.get(name) as AuthServer;
  const boundTo = async (...addressRanges: string[]): Promise<string> => {
    const { app } = server('fastify');
    return (await issueKey(app, { tenantId, permissions: ['auth.*', 'house.*'], addressRanges })).key;
  };
  const open = async (name: string, key: string, headers: Record<string, string> = {}) =>
    (await server(name).send('GET', door, key, undefined, headers)).status;

  it.each(adapters)(
    'opens from there on %s, and from nowhere else, whatever headers say',
    async (adapter) => {
      const here = await boundTo('192.0.2.0/24', '127.0.0.0/8');
      const elsewhere = await boundTo('192.0.2.0/24', '2001:db8::/32', '::1');
      expect(await open(adapter, here)).toBe(200);
      expect(await open(adapter, elsewhere)).toBe(401);
      for (const header of forged) {
        const value = header === 'forwarded' ? 'for=192.0.2.7' : '192.0.2.7';
        expect(await open(adapter, elsewhere, { [header]: value })).toBe(401);
      }
    },
  );

  it('is judged by what a trusted proxy says, and only by what that one adds', async () => {
    const key = await boundTo('192.0.2.0/24', '2001:db8::/32');
    const from = (address: string) => open('behind a proxy', key, { 'x-forwarded-for': address });
    expect(await from('192.0.2.7')).toBe(200);
    expect(await from('::ffff:192.0.2.7')).toBe(200);
    expect(await from('2001:db8::7')).toBe(200);
    expect(await from('198.51.100.1')).toBe(401);
    // The client wrote the first one itself.
    expect(await from('192.0.2.7, 198.51.100.1')).toBe(401);
    for (const nonsense of ['', 'unknown', '192.0.2.7:443', '192.0.2.0/24'])
      expect(await from(nonsense)).toBe(401);
  });

  it('makes and rotates no key that is good elsewhere', async () => {
    const key = await boundTo('127.0.0.0/8');
    const send = server('fastify').send.bind(server('fastify'));
    const body = { name: 'A key', permissions: ['house.doors.open'] };
    const inherited = await send('POST', '/v1/api-keys', key, body);
    expect(inherited).toMatchObject({ status: 201, body: { addressRanges: ['127.0.0.0/8'] } });
    const narrower = { ...body, addressRanges: ['127.0.0.1'] };
    expect((await send('POST', '/v1/api-keys', key, narrower)).status).toBe(201);
    const wider = { ...body, addressRanges: ['0.0.0.0/0'] };
    const refused = { status: 403, body: { code: 'auth.api_key.ranges_wider' } };
    expect(await send('POST', '/v1/api-keys', key, wider)).toMatchObject(refused);
    const { id } = await issueKey(server('fastify').app, { tenantId, permissions: ['house.doors.open'] });
    const rotation = { overlapMinutes: 60 };
    expect(await send('POST', `/v1/api-keys/${id}/rotate`, key, rotation)).toMatchObject(refused);
  });

  it('is refused with networks that are none', async () => {
    const key = await boundTo('127.0.0.0/8');
    for (const range of ['10.0.0.0/33', 'example.com', '::ffff:10.0.0.0/104', '']) {
      const body = { name: 'A key', permissions: ['house.doors.open'], addressRanges: [range] };
      expect(await server('fastify').send('POST', '/v1/api-keys', key, body)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid', errors: [{ pointer: '/addressRanges/0' }] },
      });
    }
  });

  it('has its last use noted by whoever is let in, and by nobody else', async () => {
    const key = await boundTo('192.0.2.0/24');
    const used = async () =>
      (
        await db.admin<{ count: string }>(
          'select count(*)::text as count from acci.api_key_secrets where last_used_at is not null and address_ranges = $1',
          [['192.0.2.0/24']],
        )
      )[0]?.count;
    await open('fastify', key);
    await server('fastify').app.get(LastUses, { strict: false }).onModuleDestroy();
    expect(await used()).toBe('0');
    await open('behind a proxy', key, { 'x-forwarded-for': '192.0.2.7' });
    await server('behind a proxy').app.get(LastUses, { strict: false }).onModuleDestroy();
    expect(await used()).toBe('1');
  });
});
