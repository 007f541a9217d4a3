import type { Position } from '@acci/event-store';
import type { Lifecycle } from './projection.js';

/**
 * What a projection is doing: following the log, replaying it from the beginning, stopped by an operator, or stopped
 * by an event that its handler cannot take.
 */
export type ProjectionCondition = 'running' | 'rebuilding' | 'paused' | 'halted';

/** Why an event could not be handled. It names the event but holds none of its data. */
export interface ProjectionFailure {
  /** The position of the event, as `formatPosition` writes it. */
  readonly position: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly tenantId: string;
  readonly message: string;
  /** ISO 8601. */
  readonly failedAt: string;
}

/** How far a projection is and who works on it, as the database has it. */
export interface ProjectionState {
  readonly name: string;
  readonly version: number;
  readonly lifecycle: Lifecycle;
  readonly status: ProjectionCondition;
  /** The last event handled or passed by; undefined before the first. Inline projections have none. */
  readonly checkpoint: Position | undefined;
  /** How often the event after the checkpoint has failed. */
  readonly attempts: number;
  readonly lastError: ProjectionFailure | undefined;
  readonly lease: { readonly holder: string; readonly until: Date } | undefined;
  readonly updatedAt: Date;
}

/** A row of `acci.projections`. */
export interface ProjectionRow {
  readonly name: string;
  readonly version: number;
  readonly lifecycle: Lifecycle;
  readonly status: Exclude<ProjectionCondition, 'rebuilding'>;
  /** From the request to rebuild until the end of the log is reached; also while paused or halted in between. */
  readonly rebuilding: boolean;
  readonly epoch: number | null;
  readonly transaction: string | null;
  readonly position: string | null;
  readonly lease_holder: string | null;
  readonly lease_until: Date | null;
  readonly lease_generation: string;
  readonly attempts: number;
  readonly last_error: ProjectionFailure | null;
  readonly updated_at: Date;
}

export function checkpointOf({
  epoch,
  transaction,
  position,
}: Pick<ProjectionRow, 'epoch' | 'transaction' | 'position'>): Position | undefined {
  if (epoch === null || transaction === null || position === null) return undefined;
  return { epoch, transaction: BigInt(transaction), position: BigInt(position) };
}

export function toState(row: ProjectionRow): ProjectionState {
  const { name, version, lifecycle, attempts, lease_holder: holder, lease_until: until } = row;
  return {
    name,
    version,
    lifecycle,
    status: row.status === 'running' && row.rebuilding ? 'rebuilding' : row.status,
    checkpoint: checkpointOf(row),
    attempts,
    lastError: row.last_error ?? undefined,
    lease: holder !== null && until !== null ? { holder, until } : undefined,
    updatedAt: row.updated_at,
  };
}
