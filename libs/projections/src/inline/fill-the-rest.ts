import { randomUUID } from 'node:crypto';
import { prepared, type Database } from '@acci/database';
import type { EventStore, Position } from '@acci/event-store';
import { applyEvents } from '../apply-events.js';
import { clearShare } from '../async/clear-share.js';
import type { BuildRef } from '../build/build-ref.js';
import type { RegisteredProjection } from '../projection-registry.js';
import { checkpointOf, type ShareRow } from '../projection-state.js';
import type { BuildTables } from '../table/build-tables.js';

const eventsAtOnce = 500;
/** Appends wait meanwhile: what is more than this is left to the shares. */
const mostEvents = 5_000;

const lockShares = prepared(`
  select s.*, b.shares as buckets
    from acci.projection_shares as s
    join acci.projection_builds as b using (projection, build)
   where s.projection = $1 and s.build = $2
   order by s.of_tenant nulls first, s.share for update of s`);

const holdShares = prepared(`
  update acci.projection_shares
     set epoch = null, transaction = null, position = null, lease_generation = lease_generation + 1,
         lease_holder = $3, lease_until = clock_timestamp() + interval '30 seconds'
   where projection = $1 and build = $2`);

/** Too much has come since. */
class TooFar extends Error {}

/**
 * Handles what an inline build has not handled yet, for a caller that keeps appends of its events out until the build
 * serves. It goes past the settled part of the log, which no checkpoint can say: so the shares are left without one. If
 * the caller does not come to its end, whoever takes them begins at the beginning.
 *
 * @returns who holds the shares for half a minute; undefined if the build is too far behind, or not all of it runs.
 */
export async function fillTheRest(
  database: Database,
  store: EventStore,
  { handler, types }: RegisteredProjection,
  { projection, build }: BuildRef,
  tables: BuildTables,
): Promise<string | undefined> {
  const holder = `finish/${randomUUID()}`;
  try {
    return await database.asSystem(`fill the rest of ${projection}`, async (tx) => {
      const rows = await tx.query<ShareRow & { buckets: number }>(lockShares, [projection, build]);
      const shares = rows.filter(({ status }) => status !== 'off');
      if (shares.length === 0 || shares.some(({ status }) => status !== 'running')) return undefined;
      const exceptTenants = rows.flatMap(({ of_tenant: tenant }) => (tenant === null ? [] : [tenant]));
      let left = mostEvents;
      for (const row of shares) {
        const whose =
          row.of_tenant === null
            ? { share: { of: row.buckets, is: Number(row.share) }, exceptTenants }
            : { tenantId: row.of_tenant };
        const ref = { projection, build, share: row.share, tenantId: row.of_tenant ?? undefined };
        // Begun anew: there may be rows of an attempt that did not come to its end.
        if (!checkpointOf(row)) await clearShare(tx, tables.names, { ...ref, buckets: row.buckets });
        for (let after: Position | undefined = checkpointOf(row), more = true; more;) {
          const events = await store.readAll(after, eventsAtOnce, { types, unsettled: true, ...whose });
          if ((left -= events.length) < 0) throw new TooFar();
          await applyEvents(database, handler, events, tables);
          after = events.at(-1)?.position;
          more = events.length >= eventsAtOnce;
        }
      }
      tx.execute(holdShares, [projection, build, holder]);
      return holder;
    });
  } catch (error) {
    if (error instanceof TooFar) return undefined;
    throw error;
  }
}
