import type { TestDatabase } from '@acci/database/testing';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import { ChangeRole, EndSession, LockUser, RevokeApiKey } from '../index.js';
import { adapters, AuthServer, createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { Grantors, program } from '../spec-support/grantors.js';
import { contextIn, logIn } from '../spec-support/log-in.js';
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

  it('end soon after another process has taken away what they rest on, however seldom they are asked', async () => {
    const [patient, elsewhere] = [
      await AuthServer.start(adapter, db, [], {}, false, { streams: { recheckMs: 3_600_000 } }),
      await startContext(db),
    ];
    const tenant = await Grantors.start(elsewhere);
    const ctx = contextIn(tenant.tenantId);
    const ended = async (end: (userId: string, roleId: string, sessionId: string) => Promise<unknown>) => {
      const role = await tenant.role({ permissions: ['auth.api_keys.read'] });
      const userId = await tenant.user(role);
      const { token, session } = await logIn(elsewhere, tenant.tenantId, userId);
      const answer = await open(token, patient);
      await end(userId, role, session.id);
      return answer.text();
    };
    const told = await Promise.all([
      ended((_user, _role, id) =>
        tenant.execute(new EndSession(ctx, { id, whose: 'anybody', reason: 'ended_by_admin' })),
      ),
      ended((id) => tenant.execute(new LockUser(ctx, { id, reason: 'x' }))),
      ended((id, role) => tenant.setUser(id, role, false)),
      ended((_user, id) => tenant.execute(new ChangeRole(ctx, program, { id, role: { permissions: [] } }))),
    ]);
    await Promise.all([patient.app.close(), elsewhere.close()]);
    const problem = (code: string) =>
      expect.stringMatching(new RegExp(`event: problem\n.*${code}`)) as unknown;
    expect(told).toEqual([
      ...Array(2).fill(problem('auth\\.credentials\\.invalid')),
      ...Array(2).fill(problem('auth\\.permission\\.missing')),
    ]);
  });

  it('are a hundred at most for a user in a session, so that the rest of their tenant has some too', async () => {
    const tenant = await Grantors.start(server.app);
    const follow = async (token: string) => {
      const url = `http://127.0.0.1:${server.port}/v1/auth/sessions/stream`;
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      await answer.body?.getReader().read();
      return answer.status;
    };
    const [greedy, other] = [await tenant.user(), await tenant.user()];
    const { token } = await logIn(server.app, tenant.tenantId, greedy);
    const again = await logIn(server.app, tenant.tenantId, greedy);
    const opened = await Promise.all(Array.from({ length: 100 }, () => follow(token)));
    expect(new Set(opened)).toEqual(new Set([200]));
    expect([await follow(token), await follow(again.token)]).toEqual([429, 429]);
    expect(await follow((await logIn(server.app, tenant.tenantId, other)).token)).toBe(200);
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
