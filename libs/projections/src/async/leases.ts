import { prepared, type Database, type Transaction } from '@acci/database';
import type { Position } from '@acci/event-store';
import type { BuildRef, BuildStatus } from '../build/build-ref.js';
import type { RegisteredProjection } from '../projection-registry.js';
import {
  checkpointOf,
  columnsOf,
  stopOf,
  type ProjectionFailure,
  type ShareRow,
  type ShareStatus,
} from '../projection-state.js';

/**
 * The right to advance one share of a build. Its generation grows whenever the right changes hands, with each act of
 * an operator, and when the share gets other tenants; every write under a lease names its generation, and the database
 * refuses an old one. A process that was frozen past its lease can therefore wake up and go on: whatever it does is
 * undone.
 */
export interface Lease {
  readonly build: BuildRef;
  /** How many buckets the build has. */
  readonly buckets: number;
  readonly share: string;
  /** The tenant that has the share for itself; undefined for a bucket. */
  readonly tenantId: string | undefined;
  readonly status: ShareStatus;
  readonly generation: string;
  readonly checkpoint: Position | undefined;
  /** Where the share is to pause. */
  readonly stopAt: Position | undefined;
  /** How often the event after the checkpoint has failed already. */
  readonly attempts: number;
}

/** What one transaction adds to a share: the stretch of the log from one checkpoint to the next. */
export interface Step {
  readonly from: Position | undefined;
  readonly through: Position;
}

/** A step that failed at its first event. */
export interface FailedStep {
  readonly from: Position | undefined;
  readonly attempts: number;
  readonly failure: ProjectionFailure;
  readonly halt: boolean;
}

/** The lease was taken over, or the checkpoint is another one: nothing of the transaction was kept. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** A share that this process may go on with, or should leave to another one. */
interface TendedRow extends ShareRow {
  readonly version: number;
  readonly build_status: BuildStatus;
  readonly buckets: number;
}

// Most of one build's shares that one process works on. Many tenants may have one of their own after a broken handler
// was mended; those that have caught up make room for the next.
const mostShares = 32;

const announce = prepared(`
  insert into acci.projection_runners (holder, runs, alive_until)
  values ($1, $2::text[], clock_timestamp() + $3::interval)
  on conflict (holder) do update set runs = excluded.runs, alive_until = excluded.alive_until`);

const leave = prepared(
  `delete from acci.projection_runners where holder = $1 or alive_until < clock_timestamp() - interval '1 hour'`,
);

// Each of the processes that can run a build has its part of the shares, the same number but for one; which ones have
// one more comes out differently for each build. A share that can be worked on runs, or is to be emptied for a tenant.
// Buckets come first: a tenant's own share ends when it has caught up with its bucket.
const parts = `
  builds as (
    select b.projection, b.build, b.version, b.status as build_status, b.shares as buckets
      from acci.projection_builds as b
      join unnest($2::text[], $3::int[]) as wanted(name, version)
        on wanted.name = b.projection and wanted.version = b.version
     where b.status in ('filling', 'serving')),
  workable as (
    select s.projection, s.build, s.share, s.lease_holder,
           count(*) over (partition by s.projection, s.build) as shares,
           row_number() over (partition by s.projection, s.build, s.lease_holder is not distinct from $1
                              order by s.of_tenant nulls first, s.share) as nth_of_mine,
           row_number() over (partition by s.projection, s.build,
                                           coalesce(s.lease_holder <> $1 and s.lease_until >= clock_timestamp(), false)
                              order by s.of_tenant is not null, s.lease_holder is distinct from $1, s.share) as nth
      from acci.projection_shares as s join builds using (projection, build)
     where s.status = 'running' or s.status = 'off' and s.epoch is null),
  runners as (
    select projection, build, holder, count(*) over (partition by projection, build) as runners,
           row_number() over (partition by projection, build order by md5(projection || build || holder)) as place
      from builds
      join acci.projection_runners on alive_until >= clock_timestamp()
                                      and runs @> array[projection || '@' || version]),
  quotas as (
    select projection, build, shares / runners + (place <= shares % runners)::int as quota
      from runners
      join (select distinct projection, build, shares from workable) as counted using (projection, build)
     where holder = $1)`;

// Only rows that nobody is writing to just now: a checkpoint under way renews its lease itself.
const takeAndRenew = prepared(`
  with ${parts},
  mine as (
    select s.projection, s.build, s.share
      from acci.projection_shares as s
      join workable as w using (projection, build, share)
      join quotas as q using (projection, build)
     where w.nth <= least(q.quota, ${mostShares})
       and (s.status = 'running' or s.status = 'off' and s.epoch is null)
       and (s.lease_holder = $1 or s.lease_until is null or s.lease_until < clock_timestamp())
       for update of s skip locked)
  update acci.projection_shares as s
     set lease_holder = $1, lease_until = clock_timestamp() + $4::interval,
         lease_generation = s.lease_generation + (s.lease_holder is distinct from $1)::int
    from mine join builds as b using (projection, build)
   where (s.projection, s.build, s.share) = (mine.projection, mine.build, mine.share)
  returning s.*, b.version, b.build_status, b.buckets`);

const selectSurplus = prepared(`
  with ${parts}
  select projection, build, share from workable join quotas using (projection, build)
   where lease_holder = $1 and nth_of_mine > quota`);

const release = prepared(`
  update acci.projection_shares set lease_holder = null, lease_until = null
   where lease_holder = $1 and ($2::text is null or projection = $2 and build = $3::int and share = $4)`);

const saveCheckpoint = prepared(
  'select acci.save_checkpoint($1, $2, $3, $4, $5, $6::text::xid8, $7, $8, $9::text::xid8, $10, $11::interval)',
);

const recordFailure = prepared(`
  update acci.projection_shares
     set attempts = $5, last_error = $6::json, status = case when $7 then 'halted' else status end,
         lease_holder = case when $7 then null else lease_holder end,
         lease_until = case when $7 then null else lease_until end,
         updated_at = clock_timestamp()
   where projection = $1 and build = $2 and share = $3 and lease_generation = $4
     and row(epoch, transaction, position) is not distinct from row($8::int, $9::text::xid8, $10::bigint)
  returning share`);

/** The leases of one process. All times are the database's: the clocks of the processes do not matter. */
export class Leases {
  constructor(
    private readonly database: Database,
    private readonly holder: string,
    private readonly leaseMs: number,
  ) {}

  /**
   * Renews the leases of this process, and takes free ones up to its fair part. A row that is being written to may be
   * missing.
   */
  async tend(projections: readonly RegisteredProjection[]): Promise<Lease[]> {
    const runs = projections.map(({ name, version }) => `${name}@${version}`);
    await this.database.queryAsSystem('announce a runner', announce, [this.holder, runs, this.duration]);
    const values = [...this.wanted(projections), this.duration];
    const rows = await this.database.queryAsSystem<TendedRow>('tend projection leases', takeAndRenew, values);
    return rows.map((row) => ({
      build: {
        projection: row.projection,
        build: row.build,
        version: row.version,
        status: row.build_status,
      },
      buckets: row.buckets,
      share: row.share,
      tenantId: row.of_tenant ?? undefined,
      status: row.status,
      generation: row.lease_generation,
      checkpoint: checkpointOf(row),
      stopAt: stopOf(row),
      attempts: row.attempts,
    }));
  }

  /** Shares that this process holds beyond its part since another process came. */
  surplus(
    projections: readonly RegisteredProjection[],
  ): Promise<Pick<ShareRow, 'projection' | 'build' | 'share'>[]> {
    return this.database.queryAsSystem('share projections out', selectSurplus, this.wanted(projections));
  }

  /** Gives one lease back, or all of them, so that another process need not wait for them to expire. */
  async release(only?: Pick<ShareRow, 'projection' | 'build' | 'share'>): Promise<void> {
    const values = [this.holder, only?.projection, only?.build, only?.share];
    await this.database.queryAsSystem('release projection leases', release, values);
    if (!only) await this.database.queryAsSystem('take leave as a runner', leave, [this.holder]);
  }

  /**
   * Queues the checkpoint; the transaction fails if the lease is not ours any more, or the checkpoint not where the
   * step begins. See {@link leaseLost}.
   */
  saveCheckpoint(tx: Transaction, lease: Lease, { from, through }: Step): void {
    tx.execute(saveCheckpoint, [...keyOf(lease), ...columnsOf(from), ...columnsOf(through), this.duration]);
  }

  /**
   * Notes that the event after a checkpoint could not be handled, for the last time if the share is to halt.
   *
   * @throws {LeaseLost} also if the checkpoint is another one by now: then it may have failed because it is done.
   */
  async recordFailure(lease: Lease, { from, attempts, failure, halt }: FailedStep): Promise<void> {
    const values = [...keyOf(lease), attempts, JSON.stringify(failure), halt, ...columnsOf(from)];
    const rows = await this.database.queryAsSystem('note a failed projection', recordFailure, values);
    if (rows.length === 0) throw new LeaseLost(lease.share);
  }

  private wanted(projections: readonly RegisteredProjection[]): unknown[] {
    return [this.holder, projections.map(({ name }) => name), projections.map(({ version }) => version)];
  }

  private get duration(): string {
    return `${this.leaseMs} milliseconds`;
  }
}

/** What every write under a lease names. */
export function keyOf({ build: { projection, build }, share, generation }: Lease): unknown[] {
  return [projection, build, share, generation];
}

/** True for what a transaction fails with whose checkpoint came too late, or a second time. */
export function leaseLost(error: unknown): boolean {
  return error instanceof LeaseLost || (error as { code?: unknown } | null)?.code === 'LEASE';
}
