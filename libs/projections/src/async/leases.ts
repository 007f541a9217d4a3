import { prepared, type Database, type Transaction } from '@acci/database';
import type { Position } from '@acci/event-store';
import type { BuildRef } from '../build/build-ref.js';
import { lookAround, type TendedRow } from './look-around.js';
import type { RegisteredProjection } from '../projection-registry.js';
import type { ProjectionTenants } from '../projection.js';
import {
  checkpointOf,
  columnsOf,
  stopOf,
  type ProjectionFailure,
  type ShareStatus,
} from '../projection-state.js';
import type { ShareRef } from '../shares.js';

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
  /** Whether the build is for all tenants, or for chosen ones alone. */
  readonly tenants: ProjectionTenants;
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

const leave = prepared(
  `delete from acci.projection_runners where holder = $1 or alive_until < clock_timestamp() - interval '1 hour'`,
);

const release = prepared(`
  update acci.projection_shares set lease_holder = null, lease_until = null
   where lease_holder = $1 and ($2::text is null or projection = $2 and build = $3::int and share = $4)`);

const beginBatch = prepared('select acci.begin_batch($1, $2, $3, $4)');

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

/** What a process has found when it looked around. */
export interface Tended {
  readonly leases: readonly Lease[];
  /** What it holds beyond its part since another process came: to be given back. */
  readonly surplus: readonly ShareRef[];
}

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
  async tend(projections: readonly RegisteredProjection[]): Promise<Tended> {
    const rows = await this.database.queryAsSystem<TendedRow>('tend projection leases', lookAround, [
      this.holder,
      projections.map(({ name }) => name),
      projections.map(({ version }) => version),
      this.duration,
    ]);
    return {
      leases: rows.filter(({ surplus }) => !surplus).map(toLease),
      surplus: rows.filter(({ surplus }) => surplus),
    };
  }

  /** Gives one lease back, or all of them, so that another process need not wait for them to expire. */
  async release(only?: ShareRef): Promise<void> {
    const values = [this.holder, only?.projection, only?.build, only?.share];
    await this.database.queryAsSystem('release projection leases', release, values);
    if (!only) await this.database.queryAsSystem('take leave as a runner', leave, [this.holder]);
  }

  /** Says that a batch is under way, for whose end operators wait; fails if the lease is not ours any more. */
  async beginBatch(tx: Transaction, lease: Lease): Promise<void> {
    await tx.query(beginBatch, keyOf(lease));
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

  private get duration(): string {
    return `${this.leaseMs} milliseconds`;
  }
}

/** A lease from its row. */
function toLease({ projection, build, version, build_status: status, ...row }: TendedRow): Lease {
  return {
    build: { projection, build, version, status },
    buckets: row.buckets,
    tenants: row.tenants,
    share: row.share,
    tenantId: row.of_tenant ?? undefined,
    status: row.status,
    generation: row.lease_generation,
    checkpoint: checkpointOf(row),
    stopAt: stopOf(row),
    attempts: row.attempts,
  };
}

/** What every write under a lease names. */
export function keyOf({ build: { projection, build }, share, generation }: Lease): unknown[] {
  return [projection, build, share, generation];
}

/** True for what a transaction fails with whose checkpoint came too late, or a second time. */
export function leaseLost(error: unknown): boolean {
  return error instanceof LeaseLost || (error as { code?: unknown } | null)?.code === 'LEASE';
}
