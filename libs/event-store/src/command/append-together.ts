import type { Transaction } from '@acci/database';
import { inOrder, keyOf } from '../event/claim.js';
import { ClaimTaken, StreamConflict } from '../event-store.errors.js';
import { keepPersonalData } from '../personal-data/keep-personal-data.js';
import type { Position } from '../position.js';
import type { AppendTools } from '../store/append.js';
import { translateAppendError } from '../store/append-errors.js';
import { claimsOf, queueClaims, queueOrder, type StreamClaim } from '../store/append-steps.js';
import type { PreparedAppend } from '../store/prepare-append.js';
import { toPosition, type PositionRow } from '../store/rows.js';
import type { PreparedCondition } from '../tag/condition.js';
import { tagLocks } from '../tag/tag-locks.js';
import { keepTagOrder, lockTags, refuseIfNewer } from '../tag/tag-statements.js';
import { ConsistencyViolated, StreamsConflict, TooManyTags } from './command.errors.js';
import { insertTogether } from './together-statements.js';

// Each takes a place in the server's lock table, which by default has some 6,400.
const mostTags = 100;

/**
 * Appends to one or several streams of a tenant, all or nothing: with tags, and under a condition. Locks, condition,
 * claims, events, tags, what hooks queue and the commit leave as one batch. Inside an open transaction of the tenant it
 * joins that one, and is sent before this returns.
 *
 * @param appends of one context, each to another stream.
 * @returns the position of the last event of each.
 */
export async function appendTogether(
  { database, hooks, committed }: AppendTools,
  appends: readonly PreparedAppend[],
  condition: PreparedCondition | undefined,
): Promise<Position[]> {
  const tenantId = appends[0]?.tenantId ?? '';
  const claims = foldTogether(appends);
  const joins = database.current !== undefined;
  try {
    const { queued } = await database.inTenant(tenantId, async (tx) => {
      // First, so that in a transaction of its own the append gets its place in the log only under the locks.
      queueLocks(tx, tenantId, appends, condition, joins);
      if (joins) queueOrder(tx, appends);
      if (condition) tx.execute(refuseIfNewer, [tenantId, ...condition.values]);
      queueClaims(tx, tenantId, claims);
      const rows = tx.execute<PositionRow>(insertTogether, insertion(tenantId, appends));
      for (const append of appends) keepPersonalData(tx, append);
      await hooks.run(appends, tx);
      tx.afterCommit(committed);
      return { queued: rows };
    });
    return lastPositions(appends, queued.rows);
  } catch (error) {
    throw translate(error, appends, claims.taken);
  }
}

function queueLocks(
  tx: Transaction,
  tenantId: string,
  appends: readonly PreparedAppend[],
  condition: PreparedCondition | undefined,
  joins: boolean,
): void {
  const appended = appends.flatMap(({ events }) => events.flatMap(({ tags }) => tags));
  const tags = [...new Set([...appended, ...(condition?.tags ?? [])])];
  if (tags.length === 0) return;
  if (tags.length > mostTags) throw new TooManyTags(tags.length, mostTags);
  const { keys, alone } = tagLocks(tenantId, condition?.tags ?? [], appended);
  tx.execute(lockTags, [keys, alone]);
  if (joins) tx.execute(keepTagOrder, [tenantId, tags]);
}

/** The claims of all the streams, in one order over all of them. */
function foldTogether(appends: readonly PreparedAppend[]): Record<'taken' | 'released', StreamClaim[]> {
  const taken = inOrder(claimsOf(appends, 'taken'));
  for (const [index, next] of taken.entries()) {
    const before = taken[index - 1];
    if (before && keyOf(before) === keyOf(next)) throw next.taken?.() ?? new ClaimTaken(next.scope);
  }
  return { taken, released: inOrder(claimsOf(appends, 'released')) };
}

function insertion(tenantId: string, appends: readonly PreparedAppend[]): readonly unknown[] {
  const events = appends.flatMap((append) => append.events.map((event) => ({ ...event, append })));
  const tags = events.flatMap(({ id, tags }) => [...new Set(tags)].map((tag) => ({ id, tag })));
  return [
    tenantId,
    JSON.stringify(appends[0]?.metadata),
    events.map(({ append }) => append.streamType),
    events.map(({ append }) => append.streamId),
    events.map(({ append }) => append.expectedVersion),
    appends.flatMap(({ events: own }) => own.map((_, index) => index + 1)),
    events.map(({ append }) => append.recordedAt.toISOString()),
    events.map(({ id }) => id),
    events.map(({ definition }) => definition.type),
    events.map(({ definition }) => definition.version),
    events.map(({ json }) => json),
    tags.map(({ id }) => id),
    tags.map(({ tag }) => tag),
  ];
}

function lastPositions(appends: readonly PreparedAppend[], rows: readonly PositionRow[]): Position[] {
  let count = 0;
  return appends.map(({ events }) => {
    count += events.length;
    return toPosition(rows[count - 1] as PositionRow);
  });
}

/** Row-level security keeps PostgreSQL from saying which key was violated: of several streams it was one. */
function translate(
  error: unknown,
  appends: readonly PreparedAppend[],
  taken: readonly StreamClaim[],
): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'NEWER')
    return new ConsistencyViolated({ cause: error });
  const [first] = appends;
  if (!first) return error;
  const translated = translateAppendError(error, { ...first, claims: { taken, released: [] } });
  const several = translated instanceof StreamConflict && appends.length > 1;
  return several ? new StreamsConflict(appends, { cause: error }) : translated;
}
