import type { AsyncLocalStorage } from 'node:async_hooks';
import { BatchRefused, endsConnection, TransactionAborted, translateError } from './database.errors.js';
import type { Login } from './login.js';
import { traced } from './retrying.js';
import { Scope } from './scope.js';
import { Session } from './session.js';
import type { Transaction } from './transaction.js';

/** One tenant's part of a transaction that several tenants share. */
export interface TenantWork<T> {
  readonly tenantId: string;
  readonly work: (tx: Transaction) => Promise<T> | T;
}

/** Runs the work of several tenants, one after the other, in one transaction that is tried once. */
export function runTogether<T>(
  login: Login,
  open: AsyncLocalStorage<Scope>,
  parts: readonly TenantWork<T>[],
  lockTimeoutMs: number,
): Promise<T[]> {
  return traced(login, undefined, 'join what several callers write', async () => {
    const session = new Session(login, parts[0]?.tenantId, {});
    let results: T[];
    try {
      results = await runParts(login, session, open, parts, lockTimeoutMs);
    } catch (error) {
      await session.rollback(error);
      throw refused(error);
    }
    try {
      await session.commit();
    } catch (error) {
      await session.rollback(error);
      const isCertain = error instanceof TransactionAborted || !endsConnection(error);
      throw isCertain ? refused(error) : translateError(error);
    }
    return results;
  });
}

async function runParts<T>(
  login: Login,
  session: Session,
  open: AsyncLocalStorage<Scope>,
  parts: readonly TenantWork<T>[],
  lockTimeoutMs: number,
): Promise<T[]> {
  const results: T[] = [];
  session.enqueue(login.lockTimeout(lockTimeoutMs));
  let scope = Scope.outermost(session, parts[0]?.tenantId);
  for (const { tenantId, work } of parts) {
    if (tenantId !== scope.tenantId) scope = scope.enter(tenantId, login.openingOf(tenantId));
    const own = scope;
    results.push(await open.run(own, () => work(own)));
  }
  return results;
}

function refused(cause: unknown): BatchRefused {
  return new BatchRefused('A part was refused, and all others with it', { cause });
}
