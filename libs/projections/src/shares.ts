import { prepared, type Transaction } from '@acci/database';
import { ProjectionNotFound } from './projections.errors.js';
import { columnsOf, type ShareRow, type ShareStatus } from './projection-state.js';
import type { Lifecycle, ProjectionTenants } from './projection.js';
import type { Position } from '@acci/event-store';
import type { BuildStatus } from './build/build-ref.js';

/** Which of a build's tenants: those of a bucket that have no share of their own, or one tenant. */
export interface ShareRef {
  readonly projection: string;
  readonly build: number;
  readonly share: string;
}

/** A build as those who change its shares see it. */
export interface BuildRow {
  readonly build: number;
  readonly version: number;
  readonly status: BuildStatus;
  readonly shares: number;
  readonly tenants: ProjectionTenants;
}

/** A projection that nobody else acts upon until the transaction ends. */
export interface LockedProjection {
  readonly name: string;
  readonly lifecycle: Lifecycle;
  /** Those that serve or are being filled, the oldest first. */
  readonly builds: readonly BuildRow[];
}

/** Where a share is left by whoever acts upon it. */
export interface ShareOutcome {
  readonly status: ShareStatus;
  readonly checkpoint: Position | undefined;
  readonly stopAt?: Position | undefined;
}

const letBatchesEnd = prepared('select acci.let_batches_end($1)');
const lockRow = prepared('select lifecycle from acci.projections where name = $1 for update');
const selectBuilds = prepared(`
  select build, version, status, shares, tenants from acci.projection_builds
   where projection = $1 and status in ('filling', 'serving') order by build`);

// Whoever locks several shares takes the buckets first: all in one order.
const lockAll = prepared(`
  select * from acci.projection_shares where projection = $1 and build = $2
   order by of_tenant nulls first, share collate "C" for update`);

const lockOfTenant = prepared(`
  select * from acci.projection_shares
   where projection = $1 and build = $2 and share in (acci.share_of($3::uuid, $4)::text, $3::uuid::text)
   order by of_tenant nulls first for update`);

// The generation grows: whoever works on the bucket just now has its transaction undone, and begins anew without the
// tenant.
const split = prepared(`
  with bucket as (
    update acci.projection_shares
       set lease_generation = lease_generation + 1, attempts = 0, last_error = null, updated_at = clock_timestamp()
     where projection = $1 and build = $2 and share = acci.share_of($3::uuid, $4)::text
    returning *)
  insert into acci.projection_shares
         (projection, build, share, of_tenant, status, epoch, transaction, position,
          stop_epoch, stop_transaction, stop_position, attempts, last_error)
  select projection, build, $3::uuid::text, $3::uuid, status, epoch, transaction, position,
         stop_epoch, stop_transaction, stop_position, attempts, last_error
    from bucket
  returning *`);

const leave = prepared(`
  update acci.projection_shares
     set status = $4, epoch = $5, transaction = $6::text::xid8, position = $7,
         stop_epoch = $8, stop_transaction = $9::text::xid8, stop_position = $10,
         attempts = 0, last_error = null, lease_generation = lease_generation + 1,
         lease_holder = null, lease_until = null, updated_at = clock_timestamp()
   where projection = $1 and build = $2 and share = $3`);

// Of a projection that is for chosen tenants, what is left of one that is not any more: its rows are gone.
const deleteCleared = prepared(`
  delete from acci.projection_shares as s using acci.projection_builds as b
   where s.projection = $1 and s.build = $2 and s.share = $3 and s.status = 'off' and s.epoch is not null
     and (b.projection, b.build, b.tenants) = (s.projection, s.build, 'chosen')`);

const insertBuckets = prepared(`
  insert into acci.projection_shares (projection, build, share)
  select $1, $2, bucket::text from generate_series(0, $3::int - 1) as bucket`);

const copyThoseOff = prepared(`
  insert into acci.projection_shares (projection, build, share, of_tenant, status, epoch, transaction, position)
  select projection, $2, share, of_tenant, 'off', 0, '0', 0
    from acci.projection_shares
   where projection = $1 and status = 'off'
     and build = (select build from acci.projection_builds
                   where projection = $1 and build <> $2 and status = 'serving'
                   order by version desc, build desc limit 1)`);

/**
 * Lets nobody else act upon a projection until the commit. What is done to its shares undoes the batches under way; so
 * those may end first, for which it waits two seconds at most: else one act after the other would undo each of them.
 *
 * @throws {ProjectionNotFound}
 */
export async function lockProjection(tx: Transaction, name: string): Promise<LockedProjection> {
  tx.execute(letBatchesEnd, [name]);
  const [row] = await tx.query<{ lifecycle: Lifecycle }>(lockRow, [name]);
  if (!row) throw new ProjectionNotFound(name);
  return { name, lifecycle: row.lifecycle, builds: await tx.query<BuildRow & object>(selectBuilds, [name]) };
}

/** All shares of a build, locked: nobody advances any of them until the commit. */
export function lockShares(tx: Transaction, projection: string, build: number): Promise<ShareRow[]> {
  return tx.query<ShareRow>(lockAll, [projection, build]);
}

/**
 * The share that a tenant has for itself, locked. One that it did not have until now it gets where its bucket is, which
 * goes on without it.
 */
export async function ownShare(
  tx: Transaction,
  projection: string,
  { build, shares }: BuildRow,
  tenantId: string,
): Promise<ShareRow> {
  const values = [projection, build, tenantId, shares];
  const rows = await tx.query<ShareRow>(lockOfTenant, values);
  const own = rows.find(({ of_tenant }) => of_tenant !== null);
  if (own) return own;
  const [made] = await tx.query<ShareRow>(split, values);
  if (!made) throw new Error(`Build ${build} of ${projection} has no share for tenant ${tenantId}`);
  return made;
}

/** Queues what becomes of a share. Whoever works on it just now has its transaction undone. */
export function leaveShare(
  tx: Transaction,
  { projection, build, share }: ShareRef,
  { status, checkpoint, stopAt }: ShareOutcome,
): void {
  tx.execute(leave, [projection, build, share, status, ...columnsOf(checkpoint), ...columnsOf(stopAt)]);
}

/** Queues that the share of a tenant whose rows were cleared ends, where those that are off need none. */
export function endCleared(tx: Transaction, { projection, build, share }: ShareRef): void {
  tx.execute(deleteCleared, [projection, build, share]);
}

/** Queues the shares of a new build: its buckets, and where it is for all, the tenants for whom it is switched off. */
export function createShares(
  tx: Transaction,
  projection: string,
  { build, shares, tenants }: Pick<BuildRow, 'build' | 'shares' | 'tenants'>,
): void {
  tx.execute(insertBuckets, [projection, build, shares]);
  if (tenants === 'all') tx.execute(copyThoseOff, [projection, build]);
}
