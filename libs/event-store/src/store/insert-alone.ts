import type { Database } from '@acci/database';
import { keepPersonalData } from '../personal-data/keep-personal-data.js';
import type { AppendHooks } from './append-hooks.js';
import { claimsOf, queueClaims, queueOrder } from './append-steps.js';
import { insertion } from './insertion.js';
import type { PreparedAppend } from './prepare-append.js';
import type { PositionRow } from './rows.js';

/** What it takes to insert events. */
export interface InsertTools {
  readonly database: Database;
  readonly hooks: AppendHooks;
  /** Told after each commit. */
  readonly committed: () => void;
}

/** True if the append takes or gives back unique values. */
export function hasClaims({ claims }: PreparedAppend): boolean {
  return claims.taken.length > 0 || claims.released.length > 0;
}

/** Inserts the events of an append, with all that belongs to it, in a transaction of its own or the one that is open. */
export async function insertAlone(
  { database, hooks, committed }: InsertTools,
  prepared: PreparedAppend,
): Promise<readonly PositionRow[]> {
  const { tenantId, subjects } = prepared;
  const { statement, values } = insertion(prepared);
  const joins = database.current !== undefined;
  if (!joins && !hasClaims(prepared) && subjects.length === 0 && !hooks.want(prepared)) {
    const rows = await database.queryInTenant<PositionRow>(tenantId, statement, values);
    committed();
    return rows;
  }
  const inserted = await database.inTenant(tenantId, async (tx) => {
    if (joins) queueOrder(tx, [prepared]);
    const [taken, released] = [claimsOf([prepared], 'taken'), claimsOf([prepared], 'released')];
    queueClaims(tx, tenantId, { taken, released });
    // Before the hooks: whoever lost the race for a stream is told so, and not that a read model has its row already.
    const queued = tx.execute<PositionRow>(statement, values);
    keepPersonalData(tx, prepared);
    await hooks.run([prepared], tx);
    tx.afterCommit(committed);
    return { queued };
  });
  return inserted.queued.rows;
}
