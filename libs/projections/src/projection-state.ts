import { comparePositions, type Position } from '@acci/event-store';

/**
 * What a projection is doing: following the log, filling tables from the beginning, stopped by an operator, or stopped,
 * for some tenants at least, by an event that its handler cannot take.
 */
export type ProjectionCondition = 'running' | 'rebuilding' | 'paused' | 'halted';

/** What a share of a projection's tenants is doing. `off`: an operator switched the projection off for the tenant. */
export type ShareStatus = 'running' | 'paused' | 'halted' | 'off';

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

/**
 * Some of the tenants, and how far the projection is for them: all that one number stands for, or one tenant alone, as
 * long as it is rebuilt, halted, paused or switched off apart from the others.
 */
export interface ShareState {
  /** The number of the bucket, or the tenant's id. */
  readonly share: string;
  /** The tenant that has this share for itself. */
  readonly tenantId: string | undefined;
  readonly status: ShareStatus;
  /** The last event handled or passed by; undefined before the first. */
  readonly checkpoint: Position | undefined;
  /** Where it is to pause. */
  readonly stopAt: Position | undefined;
  /** How often the event after the checkpoint has failed. */
  readonly attempts: number;
  readonly lastError: ProjectionFailure | undefined;
  readonly lease: { readonly holder: string; readonly until: Date } | undefined;
  readonly updatedAt: Date;
}

/** A row of `acci.projection_shares`. */
export interface ShareRow {
  readonly projection: string;
  readonly build: number;
  readonly share: string;
  readonly of_tenant: string | null;
  readonly status: ShareStatus;
  readonly epoch: number | null;
  readonly transaction: string | null;
  readonly position: string | null;
  readonly stop_epoch: number | null;
  readonly stop_transaction: string | null;
  readonly stop_position: string | null;
  readonly lease_holder: string | null;
  readonly lease_until: Date | null;
  readonly lease_generation: string;
  readonly attempts: number;
  readonly last_error: ProjectionFailure | null;
  readonly updated_at: Date;
}

/** A place before the first event of any log: the rows were cleared, and nothing was handled yet. */
export const beforeAll: Position = { epoch: 0, transaction: 0n, position: 0n };

export function checkpointOf({
  epoch,
  transaction,
  position,
}: Pick<ShareRow, 'epoch' | 'transaction' | 'position'>): Position | undefined {
  if (epoch === null || transaction === null || position === null) return undefined;
  return { epoch, transaction: BigInt(transaction), position: BigInt(position) };
}

export function stopOf(
  row: Pick<ShareRow, 'stop_epoch' | 'stop_transaction' | 'stop_position'>,
): Position | undefined {
  const { stop_epoch: epoch, stop_transaction: transaction, stop_position: position } = row;
  return checkpointOf({ epoch, transaction, position });
}

/** A position as the values of three columns. */
export function columnsOf(position: Position | undefined): unknown[] {
  return [position?.epoch, position?.transaction, position?.position];
}

export function toShareState(row: ShareRow): ShareState {
  const { share, status, attempts, lease_holder: holder, lease_until: until } = row;
  return {
    share,
    tenantId: row.of_tenant ?? undefined,
    status,
    checkpoint: row.epoch === beforeAll.epoch ? undefined : checkpointOf(row),
    stopAt: stopOf(row),
    attempts,
    lastError: row.last_error ?? undefined,
    lease: holder !== null && until !== null ? { holder, until } : undefined,
    updatedAt: row.updated_at,
  };
}

/** How far all of some shares are: as far as the last of them. What is switched off does not count. */
export function leastCheckpoint(shares: readonly ShareState[]): Position | undefined {
  let least: Position | undefined;
  for (const { status, checkpoint } of shares) {
    if (status === 'off') continue;
    if (!checkpoint) return undefined;
    if (!least || comparePositions(checkpoint, least) < 0) least = checkpoint;
  }
  return least;
}

/** What a projection does, all in all: what is worst of its shares. */
export function conditionOf(shares: readonly ShareState[], filling: boolean): ProjectionCondition {
  const has = (status: ShareStatus): boolean => shares.some((share) => share.status === status);
  if (has('halted')) return 'halted';
  if (has('paused')) return 'paused';
  return filling ? 'rebuilding' : 'running';
}
