import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import { issueKey } from '../testing.js';
import { type adapters, type Answer, AuthServer, createAuthDatabase } from './auth-app.js';
import { admitTestUsers } from './user-key.js';

/** A server with two tenants, each with a key that may do everything there. */
export class UsersApi {
  private constructor(
    readonly db: TestDatabase,
    readonly server: AuthServer,
    readonly acme: string,
    readonly globex: string,
    private readonly keys: { readonly acme: string; readonly globex: string },
  ) {}

  static async start(adapter: (typeof adapters)[number]): Promise<UsersApi> {
    const db = await createAuthDatabase();
    const server = await AuthServer.start(adapter, db);
    admitTestUsers(server.app);
    const [acme = '', globex = ''] = await createTenants(server.app, 2);
    const keyOf = async (tenantId: string) =>
      (await issueKey(server.app, { tenantId, permissions: ['auth.*'] })).key;
    return new UsersApi(db, server, acme, globex, { acme: await keyOf(acme), globex: await keyOf(globex) });
  }

  async close(): Promise<void> {
    await this.server.app.close();
    await this.db.close();
  }

  get key(): string {
    return this.keys.acme;
  }

  get foreign(): string {
    return this.keys.globex;
  }

  keyOf = async (tenantId: string, permissions: readonly string[]): Promise<string> =>
    (await issueKey(this.server.app, { tenantId, permissions })).key;

  send = (method: string, path: string, body?: unknown, headers = {}): Promise<Answer> =>
    this.server.send(method, `/v1${path}`, this.key, body, headers);

  invite = async (more: object = {}): Promise<string> => {
    const invited = await this.send('POST', '/users', { email: `u-${uuidv7()}@example.com`, ...more });
    if (invited.status !== 201) throw new Error(`Nobody was invited: ${JSON.stringify(invited.body)}`);
    return invited.body.id;
  };

  /** As a user of the first tenant. */
  me = (method: string, id: string, body?: unknown, headers = {}): Promise<Answer> =>
    this.server.send(method, '/v1/me', undefined, body, { 'x-test-user': `${this.acme}/${id}`, ...headers });
}

/** Status and code of an answer. */
export const refusal = ({ status, body }: Answer) => [status, body.code];
