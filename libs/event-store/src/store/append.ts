import type { Position } from '../position.js';
import { translateAppendError } from './append-errors.js';
import type { GroupedAppends } from './grouped-appends.js';
import { hasClaims, insertAlone, type InsertTools } from './insert-alone.js';
import type { PreparedAppend } from './prepare-append.js';
import { toPosition, type PositionRow } from './rows.js';

/** What appends of a store need. */
export interface AppendTools extends InsertTools {
  /** Groups of appends that no hook wants; apart from the others, so that they wait for none. */
  readonly plain: GroupedAppends;
  /** Groups of those that hooks want. */
  readonly hooked: GroupedAppends;
}

/**
 * Appends in one round trip: the tenant's setting, claims, the events, what hooks queue and the commit leave as one batch,
 * alone or in a group. Inside an open transaction of the tenant it joins that one, and is sent before this returns, so
 * that a conflict is known here and not at the commit.
 *
 * @returns the position of the last event.
 */
export async function append(tools: AppendTools, prepared: PreparedAppend): Promise<Position> {
  const { database, hooks, hooked, plain } = tools;
  const canShare = !database.current && !hasClaims(prepared) && prepared.subjects.length <= 1;
  try {
    const rows = canShare
      ? await (hooks.want(prepared) ? hooked : plain).insert(prepared)
      : await insertAlone(tools, prepared);
    return toPosition(rows.at(-1) as PositionRow);
  } catch (error) {
    throw translateAppendError(error, prepared);
  }
}
