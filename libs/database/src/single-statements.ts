import type { Login } from './login.js';
import { retrying, traced } from './retrying.js';
import { bind, type Statement } from './statement.js';

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
