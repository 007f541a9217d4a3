import { Database, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import { type AuthModuleOptions, CreateUser, Passwords } from '../index.js';
import { type adapters, type Answer, AuthServer, createAuthDatabase } from './auth-app.js';
import { contextIn } from './log-in.js';

/** What everybody has here. */
export const password = 'nine plum trees in a row';

/** A server with a tenant whose users log in. */
export class LoginApp {
  private constructor(
    readonly db: TestDatabase,
    readonly server: AuthServer,
    readonly tenantId: string,
    readonly slug: string,
  ) {}

  static async start(
    adapter: (typeof adapters)[number] = 'fastify',
    options: AuthModuleOptions = {},
  ): Promise<LoginApp> {
    const db = await createAuthDatabase();
    const server = await AuthServer.start(adapter, db, [], options);
    const slug = `acme-${uuidv7()}`;
    const [tenantId = ''] = await createTenants(server.app, 1, { slug });
    return new LoginApp(db, server, tenantId, slug);
  }

  get<T>(type: Function & { prototype: T }): T {
    return this.server.app.get<T>(type, { strict: false });
  }

  /** An active user, who has a password unless it is null. */
  async aUser({
    tenantId = this.tenantId,
    userName = null,
    text = password,
  }: {
    tenantId?: string;
    userName?: string | null;
    text?: string | null;
  } = {}): Promise<{ id: string; email: string }> {
    const email = `${uuidv7()}@example.com`;
    const command = new CreateUser(contextIn(tenantId), { email, userName, emailVerified: true });
    const { streamId: id } = await this.get(CommandBus).execute(command);
    if (text !== null) {
      const sealed = await this.get(Passwords).seal(tenantId, id, text);
      await this.get(Database).inTenant(tenantId, async (tx) => this.get(Passwords).put(tx, sealed));
    }
    return { id, email };
  }

  /** Logs in with everybody's password, in the tenant, unless the body says otherwise. */
  logIn(body: object, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Answer> {
    const wish = { tenant: this.slug, password, ...body };
    return this.server.send('POST', '/v1/auth/login', undefined, wish, headers, signal);
  }

  /** Asks who a token's user is. */
  me(token: string): Promise<Answer> {
    return this.server.send('GET', '/v1/me', token);
  }

  /** Forgets all failures: those of all tests come from one address, which would have to wait in the end. */
  async forgive(): Promise<void> {
    await this.db.admin('delete from acci.login_attempts');
  }

  /** Makes delays of accounts and devices that have begun longer than any test takes. */
  async prolong(): Promise<void> {
    await this.db.admin(
      `update acci.login_attempts set blocked_until = now() + interval '10 minutes'
        where failures >= 5 and subject <> 'address'`,
    );
  }

  async close(): Promise<void> {
    await this.server.app.close();
    await this.db.close();
  }
}
