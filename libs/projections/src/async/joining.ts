import { prepared, type Database } from '@acci/database';
import { comparePositions, type LogFilter, type Position } from '@acci/event-store';
import { applyEvents } from '../apply-events.js';
import type { RegisteredProjection } from '../projection-registry.js';
import { checkpointOf, columnsOf, type ShareRow } from '../projection-state.js';
import type { BuildTables } from '../table/build-tables.js';
import { isUnavailable } from './failures.js';
import { keyOf, LeaseLost, leaseLost, type FailedStep, type Lease } from './leases.js';
import type { WorkTools } from './work-tools.js';

// In one look with the generation: each tenant that leaves or joins a bucket makes it grow.
const selectWhose = prepared(`
  select array(select of_tenant from acci.projection_shares as t
                where (t.projection, t.build) = (s.projection, s.build) and t.of_tenant is not null
                  and acci.share_of(t.of_tenant, $5) = s.share::int) as apart,
         array(select tenant_id from acci.projection_tenants as t
                where $6 and t.projection = s.projection and acci.share_of(t.tenant_id, $5) = s.share::int) as chosen
    from acci.projection_shares as s
   where projection = $1 and build = $2 and share = $3 and lease_generation = $4`);

const splitFailed = prepared(`
  with bucket as (
    update acci.projection_shares
       set lease_generation = lease_generation + 1, attempts = 0, last_error = null, updated_at = clock_timestamp()
     where projection = $1 and build = $2 and share = $3 and lease_generation = $4
       and row(epoch, transaction, position) is not distinct from row($5::int, $6::text::xid8, $7::bigint)
    returning *)
  insert into acci.projection_shares
         (projection, build, share, of_tenant, status, epoch, transaction, position,
          stop_epoch, stop_transaction, stop_position, attempts, last_error)
  select projection, build, $8::uuid::text, $8::uuid, case when $9 then 'halted' else 'running' end,
         epoch, transaction, position, stop_epoch, stop_transaction, stop_position, $10, $11::json
    from bucket
  returning share`);

const lockBucket = prepared(`
  select * from acci.projection_shares
   where projection = $1 and build = $2 and share = acci.share_of($3::uuid, $4)::text for update`);

const endShare = prepared(`
  with gone as (
    delete from acci.projection_shares
     where projection = $1 and build = $2 and share = $3 and lease_generation = $4
       and row(epoch, transaction, position) is not distinct from row($5::int, $6::text::xid8, $7::bigint)
    returning *)
  update acci.projection_shares as bucket
     set lease_generation = bucket.lease_generation + 1, updated_at = clock_timestamp()
    from gone
   where (bucket.projection, bucket.build) = (gone.projection, gone.build) and bucket.share = $8
  returning bucket.share`);

/**
 * Whose events a share is about, as of the lease: a bucket's are those of its tenants, or the chosen ones among them,
 * less those that have a share of their own.
 *
 * @throws {LeaseLost}
 */
export async function whoseEvents(database: Database, lease: Lease): Promise<LogFilter> {
  const { buckets, share, tenantId, tenants } = lease;
  if (tenantId) return { tenantId };
  const chosen = tenants === 'chosen';
  const [row] = await database.queryAsSystem<{ apart: string[]; chosen: string[] }>(
    'read which tenants a share is about',
    selectWhose,
    [...keyOf(lease), buckets, chosen],
  );
  if (!row) throw new LeaseLost(lease.share);
  return {
    exceptTenants: row.apart,
    // Whoever is named need not be looked for.
    ...(chosen ? { tenants: row.chosen } : buckets > 1 && { share: { of: buckets, is: Number(share) } }),
  };
}

/**
 * Gives the tenant whose event failed a share of its own, from where the bucket is; the bucket goes on without it.
 *
 * @throws {LeaseLost} also if the checkpoint is another one by now.
 */
export async function splitOff(
  database: Database,
  lease: Lease,
  { from, attempts, failure, halt }: FailedStep,
): Promise<void> {
  const values = [
    ...keyOf(lease),
    ...columnsOf(from),
    failure.tenantId,
    halt,
    attempts,
    JSON.stringify(failure),
  ];
  const rows = await database.queryAsSystem('note a failed projection', splitFailed, values);
  if (rows.length === 0) throw new LeaseLost(lease.share);
}

/** Whether a tenant's own share has ended; `behind` if its bucket has still to come to where it is. */
export type Joining = 'joined' | 'behind' | 'apart';

/**
 * Ends a tenant's own share where its bucket is, which goes on with the tenant: what the tenant's share has not seen up
 * to there is handled in the same transaction. It stays apart while the bucket stands still, or there is too much or
 * something that cannot be handled in between.
 *
 * @param from the checkpoint of the tenant's share.
 * @throws {LeaseLost}
 */
export async function rejoin(
  { database, store, settings }: Pick<WorkTools, 'database' | 'store' | 'settings'>,
  { name, handler, types }: RegisteredProjection,
  lease: Lease,
  from: Position,
  tables: BuildTables,
): Promise<Joining> {
  const { build, buckets, tenantId } = lease;
  const { projection } = build;
  try {
    return await database.asSystem(`join a tenant to the others in ${name}`, async (tx) => {
      const [bucket] = await tx.query<ShareRow>(lockBucket, [projection, build.build, tenantId, buckets]);
      if (bucket?.status !== 'running' || bucket.stop_epoch !== null) return 'apart';
      const through = checkpointOf(bucket);
      if (!through || comparePositions(through, from) < 0) return 'behind';
      const next = await store.readAll(from, settings.batchSize, { types, tenantId: tenantId as string });
      const missed = next.filter(({ position }) => comparePositions(position, through) <= 0);
      if (missed.length >= settings.batchSize) return 'apart';
      await applyEvents(database, handler, missed, tables);
      const rows = await tx.query(endShare, [...keyOf(lease), ...columnsOf(from), bucket.share]);
      if (rows.length === 0) throw new LeaseLost(lease.share);
      return 'joined';
    });
  } catch (error) {
    if (leaseLost(error) || isUnavailable(error)) throw error;
    return 'apart';
  }
}
