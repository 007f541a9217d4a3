import type { TestDatabase } from '@acci/database/testing';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import { RevokeApiKey } from '../index.js';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { issueKey } from '../testing.js';

describe.each(adapters)('Open streams on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const execute: CommandBus['execute'] = (command: never) =>
    server.app.get(CommandBus, { strict: false }).execute(command);
  const issue = (tenantId: string, expiresAt?: Date) =>
    issueKey(server.app, { tenantId, permissions: ['auth.api_keys.read'], expiresAt });
  const open = async (key: string, { port } = server) => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/api-keys/stream`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);
    return answer;
  };

  it('show keys as they are made and revoked, never their secrets, to their tenant', async () => {
    const [tenantId = '', stranger = ''] = await createTenants(server.app, 2);
    const { key } = await issue(tenantId);
    const { body } = await open(key);
    const reader = (body as ReadableStream).pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (wanted: string) => {
      while (!text.includes(wanted)) text += (await reader.read()).value;
    };
    await until('\n\n');
    await issue(stranger);
    const made = await issue(tenantId);
    await until(`"id":"${made.id}"`);
    await execute(new RevokeApiKey({ tenantId, actor: 'test', correlationId: 'test' }, made.id));
    await until('"revokedAt":"');
    expect(text).not.toContain(stranger);
    expect(text).not.toContain(made.key);
    await reader.cancel();
  });

  it('end when their key is revoked or expires, or their tenant is suspended, although nothing happens in them', async () => {
    const eager = await AuthServer.start(adapter, db, [], {}, false, { streams: { recheckMs: 50 } });
    const ended = async (end: (tenantId: string, keyId: string) => unknown, expiresAt?: Date) => {
      const [tenantId = ''] = await createTenants(server.app, 1);
      const { id, key } = await issue(tenantId, expiresAt);
      const answer = await open(key, eager);
      await end(tenantId, id);
      return answer.text();
    };
    const revoke = (tenantId: string, id: string) =>
      execute(new RevokeApiKey({ tenantId, actor: 'test', correlationId: 'test' }, id));
    const suspend = (id: string) => execute(new SuspendTenant(platformContext(), { id, reason: 'unpaid' }));
    const [revoked, expired, suspended] = await Promise.all([
      ended(revoke),
      ended(() => {}, new Date(Date.now() + 1_000)),
      ended(suspend),
    ]);
    await eager.app.close();
    const problem = (code: string) =>
      expect.stringMatching(new RegExp(`event: problem\n.*${code}`)) as unknown;
    expect([revoked, expired]).toEqual(Array(2).fill(problem('auth\\.credentials\\.invalid')));
    expect(suspended).toEqual(problem('tenancy\\.tenant\\.suspended'));
  });

  it('tell a revoked key nothing of what happens after', async () => {
    const [tenantId = ''] = await createTenants(server.app, 1);
    const { id, key } = await issue(tenantId);
    const answer = await open(key);
    await execute(new RevokeApiKey({ tenantId, actor: 'test', correlationId: 'test' }, id));
    // As long as an answer about a key is kept.
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const later = await issue(tenantId);
    expect(await answer.text()).not.toContain(later.id);
  });
});
