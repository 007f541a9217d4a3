import type { Database } from '@acci/database';
import type { Position } from '../position.js';
import { translateAppendError } from './append-errors.js';
import type { AppendHooks } from './append-hooks.js';
import { claimsOf, queueClaims, queueOrder } from './append-steps.js';
import { insertion } from './insertion.js';
import type { GroupedAppends } from './grouped-appends.js';
import type { PreparedAppend } from './prepare-append.js';
import { toPosition, type PositionRow } from './rows.js';

/** What appends of a store need. */
export interface AppendTools {
  readonly database: Database;
  readonly hooks: AppendHooks;
  readonly grouped: GroupedAppends;
  /** Told after each commit. */
  readonly committed: () => void;
}

/**
 * Appends in one round trip: the tenant's setting, claims, what hooks queue, the events and the commit leave as one
 * batch. Inside an open transaction of the tenant it joins that one, and is sent before this returns, so that a
 * conflict is known here and not at the commit.
 *
 * @returns the position of the last event.
 */
export async function append(
  { database, hooks, grouped, committed }: AppendTools,
  prepared: PreparedAppend,
): Promise<Position> {
  const { taken, released } = prepared.claims;
  const alone = !database.current && taken.length === 0 && released.length === 0 && !hooks.want(prepared);
  try {
    const rows = alone
      ? await grouped.insert(prepared)
      : await insertWithMore(database, prepared, hooks, committed);
    return toPosition(rows.at(-1) as PositionRow);
  } catch (error) {
    throw translateAppendError(error, prepared);
  }
}

async function insertWithMore(
  database: Database,
  prepared: PreparedAppend,
  hooks: AppendHooks,
  committed: () => void,
): Promise<readonly PositionRow[]> {
  const joins = database.current !== undefined;
  const inserted = await database.inTenant(prepared.tenantId, async (tx) => {
    if (joins) queueOrder(tx, [prepared]);
    const [taken, released] = [claimsOf([prepared], 'taken'), claimsOf([prepared], 'released')];
    queueClaims(tx, prepared.tenantId, { taken, released });
    const { statement, values } = insertion(prepared);
    // Before the hooks: whoever lost the race for a stream is told so, and not that a read model has its row already.
    const queued = tx.execute<PositionRow>(statement, values);
    await hooks.run(prepared, tx);
    tx.afterCommit(committed);
    return { queued };
  });
  return inserted.queued.rows;
}
