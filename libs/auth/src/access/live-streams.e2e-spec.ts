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
  const open = async (key: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/v1/api-keys/stream`, {
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

  it.each([
    ['their key is revoked', 'auth.credentials.invalid'],
    ['their key expires', 'auth.credentials.invalid'],
    ['their tenant is suspended', 'tenancy.tenant.suspended'],
  ])('end when %s, although nothing happens in them', async (what, code) => {
    const [tenantId = ''] = await createTenants(server.app, 1);
    const expiresAt = what.includes('expires') ? new Date(Date.now() + 1_000) : undefined;
    const { id, key } = await issue(tenantId, expiresAt);
    const answer = await open(key);
    if (what.includes('revoked'))
      await execute(new RevokeApiKey({ tenantId, actor: 'test', correlationId: 'test' }, id));
    if (what.includes('suspended'))
      await execute(new SuspendTenant(platformContext(), { id: tenantId, reason: 'unpaid' }));
    const text = await answer.text();
    expect(text).toContain('event: problem');
    expect(text).toContain(code);
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
