import { BatchRefused, endsConnection, translateError } from './database.errors.js';
import type { Login } from './login.js';
import { retrying, traced } from './retrying.js';
import { bind, type Statement } from './statement.js';

/** A statement and the tenant that it runs for. */
export interface TenantStatement {
  readonly tenantId: string;
  readonly statement: Statement;
  readonly values?: readonly unknown[];
}

/** A transaction of one statement: what a longer one does, less what only longer ones need. */
export function querySingly<R>(
  login: Login,
  tenantId: string | undefined,
  statement: Statement,
  values?: readonly unknown[],
  reason?: string,
): Promise<R[]> {
  const opening = login.opening(tenantId);
  const bound = bind(statement, values);
  const statements = opening ? [opening, bound] : [bound];
  const attempt = async () => (await login.send(statements)).at(-1)?.rows as R[];
  return traced(login, tenantId, reason, () => retrying(attempt));
}

/** A transaction of one statement for each of several tenants, tried once. */
export async function queryTogether<R>(
  login: Login,
  parts: readonly TenantStatement[],
  lockTimeoutMs: number,
): Promise<R[][]> {
  const statements = [login.lockTimeout(lockTimeoutMs)];
  const places: number[] = [];
  for (const [index, { tenantId, statement, values }] of parts.entries()) {
    if (tenantId !== parts[index - 1]?.tenantId) statements.push(login.openingOf(tenantId));
    places.push(statements.push(bind(statement, values)) - 1);
  }
  try {
    const results = await traced(login, undefined, 'join what several callers write', () =>
      login.send(statements),
    );
    return places.map((place) => results[place]?.rows as R[]);
  } catch (error) {
    if (endsConnection(error)) throw translateError(error);
    throw new BatchRefused('A statement was refused, and all others with it', { cause: error });
  }
}
