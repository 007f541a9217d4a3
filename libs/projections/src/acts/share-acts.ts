import type { Transaction } from '@acci/database';
import {
  comparePositions,
  formatPosition,
  parsePosition,
  type Context,
  type Position,
} from '@acci/event-store';
import { ProjectionActRefused } from '../projections.errors.js';
import {
  checkpointOf,
  type ProjectionFailure,
  type ShareRow,
  type ShareStatus,
} from '../projection-state.js';
import {
  leaveShare,
  lockProjection,
  lockShares,
  type LockedProjection,
  type ShareOutcome,
} from '../shares.js';
import type { ActOptions, ActTools, TenantActOptions } from './act-tools.js';
import {
  ProjectionEventSkipped,
  ProjectionPaused,
  ProjectionResumed,
  ProjectionRetried,
  ProjectionRunTo,
} from './operator-acts.js';
import { ownShares } from './own-shares.js';
import { recordAct } from './record-act.js';

/** What an operator may do to shares of a projection, or to one tenant's. */
export type Act = 'pause' | 'resume' | 'retry' | 'skip';

/** From which state an act leads where, and the event that tells of it. */
interface Rule {
  readonly from: ShareStatus;
  readonly to: (share: ShareRow) => ShareOutcome;
  readonly event: (
    about: { readonly reason: string; readonly tenant?: string },
    shares: readonly ShareRow[],
  ) => Parameters<typeof recordAct>[4];
}

const goOn = (share: ShareRow): ShareOutcome => ({ status: 'running', checkpoint: checkpointOf(share) });

const rules: Record<Act, Rule> = {
  pause: {
    from: 'running',
    to: (share) => ({ status: 'paused', checkpoint: checkpointOf(share) }),
    event: (about) => ProjectionPaused.of(about),
  },
  resume: { from: 'paused', to: goOn, event: (about) => ProjectionResumed.of(about) },
  retry: { from: 'halted', to: goOn, event: (about) => ProjectionRetried.of(about) },
  skip: {
    from: 'halted',
    to: (share) => ({ status: 'running', checkpoint: failedEvent(share) }),
    event: (about, shares) =>
      ProjectionEventSkipped.of({
        ...about,
        passedOver: shares.map(({ last_error }) => last_error as ProjectionFailure),
      }),
  },
};

/**
 * Does what an operator asks for, and appends the event that tells of it, in one transaction.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} if no share is in a state for it.
 */
export async function intervene(
  { database, store }: ActTools,
  ctx: Context,
  name: string,
  act: Act,
  { reason, tenantId }: TenantActOptions,
): Promise<void> {
  const { from, to, event } = rules[act];
  await database.asSystem(`${act} ${name}`, async (tx) => {
    const projection = await lockProjection(tx, name);
    const shares = await sharesOf(tx, projection, act, tenantId);
    const concerned = shares.filter(({ status }) => status === from);
    if (concerned.length === 0) throw new ProjectionActRefused(act, name, stateOf(shares));
    for (const share of concerned) leaveShare(tx, share, to(share));
    const about = tenantId === undefined ? { reason } : { reason, tenant: tenantId };
    await recordAct(database, store, ctx, name, event(about, concerned));
  });
}

/**
 * Lets a projection go on to a place in the log, and pauses it there: what has come so far waits for the rest.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} if nothing that runs or is paused is before that place.
 */
export async function runTo(
  { database, store }: ActTools,
  ctx: Context,
  name: string,
  position: Position,
  { reason }: ActOptions,
): Promise<void> {
  await database.asSystem(`run ${name} to a position`, async (tx) => {
    const shares = await sharesOf(tx, await lockProjection(tx, name), 'run');
    const willing = shares.filter(({ status }) => status === 'running' || status === 'paused');
    if (!willing.some((share) => isBefore(share, position)))
      throw new ProjectionActRefused('run', name, willing.length > 0 ? 'it is past that' : stateOf(shares));
    for (const share of willing) {
      const checkpoint = checkpointOf(share);
      const outcome: ShareOutcome = isBefore(share, position)
        ? { status: 'running', checkpoint, stopAt: position }
        : { status: 'paused', checkpoint };
      leaveShare(tx, share, outcome);
    }
    const act = ProjectionRunTo.of({ reason, position: formatPosition(position) });
    await recordAct(database, store, ctx, name, act);
  });
}

async function sharesOf(
  tx: Transaction,
  projection: LockedProjection,
  act: string,
  tenantId?: string,
): Promise<ShareRow[]> {
  if (tenantId !== undefined)
    return (await ownShares(tx, act, projection, tenantId)).map(({ share }) => share);
  const shares: ShareRow[] = [];
  for (const { build } of projection.builds) shares.push(...(await lockShares(tx, projection.name, build)));
  return shares;
}

function stateOf(shares: readonly ShareRow[]): string {
  if (shares.length === 0) return 'it is part of every append';
  return `it is ${[...new Set(shares.map(({ status }) => status))].join(' and ')}`;
}

function isBefore(share: ShareRow, position: Position): boolean {
  const checkpoint = checkpointOf(share);
  return !checkpoint || comparePositions(checkpoint, position) < 0;
}

/** Everything before it was handled one by one: to move the checkpoint here passes over nothing else. */
function failedEvent({ projection, last_error }: ShareRow): Position {
  const failed = last_error && parsePosition(last_error.position);
  if (!failed) throw new ProjectionActRefused('skip', projection, 'it is not known which event failed');
  return failed;
}
