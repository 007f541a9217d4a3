import type { Answer, AuthServer } from './auth-app.js';
import type { Grantors } from './grantors.js';
import { logIn } from './log-in.js';

/** A user in a session. */
export class LoggedIn {
  private constructor(
    private readonly server: AuthServer,
    readonly id: string,
    private readonly token: string,
  ) {}

  static async as(server: AuthServer, tenant: Grantors, id: string): Promise<LoggedIn> {
    const { token } = await logIn(server.app, tenant.tenantId, id);
    return new LoggedIn(server, id, token);
  }

  /** Asks in their own tenant, below `/v1`. */
  as(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.server.send(method, `/v1/${path}`, this.token, body, headers);
  }

  /** Asks in another tenant. */
  at(tenantId: string, method: string, path: string, body?: unknown): Promise<Answer> {
    return this.as(method, path, body, { 'x-acci-tenant': tenantId });
  }
}

/** What somebody is answered who may not. */
export const refused = (code: string) => ({ status: 403, body: { code } });

/** The ids of a list, in its order. */
export function idsIn({ body }: Answer): string[] {
  return (body.items as { id: string }[]).map(({ id }) => id);
}
