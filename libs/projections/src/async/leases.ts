import { prepared, type Database, type Transaction } from '@acci/database';
import type { Position } from '@acci/event-store';
import type { RegisteredProjection } from '../projection-registry.js';
import { checkpointOf, type ProjectionFailure, type ProjectionRow } from '../projection-state.js';

/**
 * The right to advance one projection. Its generation grows whenever the right changes hands, and with each act of
 * an operator; every write under a lease names its generation, and the database refuses an old one. A process that
 * was frozen past its lease can therefore wake up and go on: whatever it does is undone.
 */
export interface Lease {
  readonly name: string;
  readonly generation: string;
  readonly checkpoint: Position | undefined;
  /** How often the event after the checkpoint has failed already. */
  readonly attempts: number;
}

/** What one transaction adds to a projection: the stretch of the log from one checkpoint to the next. */
export interface Step {
  readonly from: Position | undefined;
  readonly through: Position;
  /** True if nothing was known to follow. */
  readonly caughtUp: boolean;
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

// Only rows that nobody is writing to just now: a checkpoint under way renews its lease itself.
const takeAndRenew = prepared(`
  with mine as (
    select p.name
      from acci.projections as p
      join unnest($2::text[], $3::int[]) as wanted(name, version) on wanted.name = p.name and wanted.version = p.version
     where p.lifecycle = 'async' and p.status = 'running'
       and (p.lease_holder = $1 or p.lease_until is null or p.lease_until < clock_timestamp())
       for update of p skip locked)
  update acci.projections as p
     set lease_holder = $1, lease_until = clock_timestamp() + $4::interval,
         lease_generation = p.lease_generation + (p.lease_holder is distinct from $1)::int
    from mine
   where p.name = mine.name
  returning p.*`);

const releaseAll = prepared(
  'update acci.projections set lease_holder = null, lease_until = null where lease_holder = $1',
);

const saveCheckpoint = prepared(
  'select acci.save_checkpoint($1, $2, $3, $4::text::xid8, $5, $6, $7::text::xid8, $8, $9::interval, $10)',
);

const recordFailure = prepared(`
  update acci.projections
     set attempts = $3, last_error = $4::json, status = case when $5 then 'halted' else status end,
         lease_holder = case when $5 then null else lease_holder end,
         lease_until = case when $5 then null else lease_until end,
         updated_at = clock_timestamp()
   where name = $1 and lease_generation = $2
     and row(epoch, transaction, position) is not distinct from row($6::int, $7::text::xid8, $8::bigint)
  returning name`);

/** The leases of one process. All times are the database's: the clocks of the processes do not matter. */
export class Leases {
  constructor(
    private readonly database: Database,
    private readonly holder: string,
    private readonly leaseMs: number,
  ) {}

  /** Renews the leases of this process and takes those that are free. A row that is being written to may be missing. */
  async tend(projections: readonly RegisteredProjection[]): Promise<Lease[]> {
    const rows = await this.database.queryAsSystem<ProjectionRow>('tend projection leases', takeAndRenew, [
      this.holder,
      projections.map(({ name }) => name),
      projections.map(({ version }) => version),
      this.duration,
    ]);
    return rows.map((row) => ({
      name: row.name,
      generation: row.lease_generation,
      checkpoint: checkpointOf(row),
      attempts: row.attempts,
    }));
  }

  /** Gives all leases back, so that another process need not wait for them to expire. */
  async release(): Promise<void> {
    await this.database.queryAsSystem('release projection leases', releaseAll, [this.holder]);
  }

  /**
   * Queues the checkpoint; the transaction fails if the lease is not ours any more, or the checkpoint not where the
   * step begins. See {@link leaseLost}.
   */
  saveCheckpoint(tx: Transaction, { name, generation }: Lease, { from, through, caughtUp }: Step): void {
    const values = [name, generation, ...columns(from), ...columns(through), this.duration, caughtUp];
    tx.execute(saveCheckpoint, values);
  }

  /**
   * Notes that the event after a checkpoint could not be handled, for the last time if the projection is to halt.
   *
   * @throws {LeaseLost} also if the checkpoint is another one by now: then it may have failed because it is done.
   */
  async recordFailure(
    { name, generation }: Lease,
    { from, attempts, failure, halt }: FailedStep,
  ): Promise<void> {
    const values = [name, generation, attempts, JSON.stringify(failure), halt, ...columns(from)];
    const rows = await this.database.queryAsSystem('note a failed projection', recordFailure, values);
    if (rows.length === 0) throw new LeaseLost(name);
  }

  private get duration(): string {
    return `${this.leaseMs} milliseconds`;
  }
}

function columns(position: Position | undefined): unknown[] {
  return [position?.epoch, position?.transaction, position?.position];
}

/** True for what a transaction fails with whose checkpoint came too late, or a second time. */
export function leaseLost(error: unknown): boolean {
  return error instanceof LeaseLost || (error as { code?: unknown } | null)?.code === 'LEASE';
}
