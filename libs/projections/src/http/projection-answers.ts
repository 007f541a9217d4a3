import { formatPosition, type Position } from '@acci/event-store';
import type { ShareState } from '../projection-state.js';
import type { ProjectionStatus, RebuildProgress } from '../projection-status.js';
import type { ProjectionList, ProjectionResponse, RebuildResponse } from './projections.schemas.js';

const place = (position: Position | undefined): string | null => (position ? formatPosition(position) : null);

/** A projection as a list shows it. */
export function toProjectionItem(status: ProjectionStatus): ProjectionList['items'][number] {
  const { name, lifecycle, tenants, version, build, checkpoint, lag, shares, rebuild } = status;
  return {
    name,
    lifecycle,
    tenants,
    chosenTenants: status.chosenTenants ?? null,
    version,
    build,
    status: status.status,
    position: place(checkpoint),
    lag: { ...lag },
    lastError: worstFailure([...shares, ...(rebuild?.shares ?? [])]),
    leaseHolders: [...new Set(shares.flatMap(({ lease }) => (lease ? [lease.holder] : [])))],
    rebuild: rebuild ? toRebuild(rebuild) : null,
  };
}

/** A projection by itself. */
export function toProjection(status: ProjectionStatus): ProjectionResponse {
  return { ...toProjectionItem(status), shares: status.shares.map(toShare) };
}

/** How far a build is. */
export function toRebuild({ shares, beganAt, endedAt, ...progress }: RebuildProgress): RebuildResponse {
  return {
    ...progress,
    secondsLeft: progress.secondsLeft ?? null,
    beganAt: beganAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    lastError: worstFailure(shares),
  };
}

function toShare(state: ShareState): ProjectionResponse['shares'][number] {
  const { share, status, checkpoint, stopAt, attempts, lease } = state;
  return {
    share,
    tenantId: state.tenantId ?? null,
    status,
    position: place(checkpoint),
    stopAt: place(stopAt),
    attempts,
    lastError: state.lastError ?? null,
    leaseHolder: lease?.holder ?? null,
    leaseUntil: lease?.until.toISOString() ?? null,
    updatedAt: state.updatedAt.toISOString(),
  };
}

/** A halted share's failure before one that is still tried again; of equals, the latest. */
function worstFailure(shares: readonly ShareState[]): ProjectionList['items'][number]['lastError'] {
  const failed = shares.filter(({ lastError }) => lastError !== undefined);
  const [worst] = failed.toSorted(
    (a, b) =>
      Number(b.status === 'halted') - Number(a.status === 'halted') ||
      (b.lastError?.failedAt ?? '').localeCompare(a.lastError?.failedAt ?? ''),
  );
  return worst?.lastError ?? null;
}
