import type { Database } from '@acci/database';
import { comparePositions, type Position } from '@acci/event-store';
import { chosenFor } from './chosen-tenants.js';
import type { BuildState } from './projection-status.js';
import type { ShareState } from './projection-state.js';
import { shareOf } from './share-of.js';

/** A share that is not as far as a reader asked for. */
export interface ShareBehind {
  readonly build: BuildState;
  readonly share: ShareState;
}

/**
 * Which shares of some builds are short of a position, of one tenant or of all. What does not exist for the tenant is
 * never behind.
 */
export async function sharesBehind(
  database: Database,
  builds: readonly BuildState[],
  position: Position,
  tenantId: string | undefined,
): Promise<ShareBehind[]> {
  const behind = builds
    .filter(({ lifecycle }) => lifecycle === 'async')
    .flatMap((build) => sharesOf(build, tenantId).map((share) => ({ build, share })))
    .filter(({ share }) => isBehind(share, position));
  const unsure = behind.filter(({ build }) => build.tenants === 'chosen');
  if (tenantId === undefined || unsure.length === 0) return behind;
  const names = unsure.map(({ build }) => build.projection);
  const chosen = await chosenFor(database, tenantId, names);
  return behind.filter(({ build }) => build.tenants === 'all' || chosen.has(build.projection));
}

function sharesOf({ shares, buckets }: BuildState, tenantId: string | undefined): readonly ShareState[] {
  if (tenantId === undefined) return shares;
  const own = shares.find((share) => share.tenantId === tenantId.toLowerCase());
  const bucket = String(shareOf(tenantId, buckets));
  return own ? [own] : shares.filter(({ share }) => share === bucket);
}

function isBehind({ status, checkpoint }: ShareState, position: Position): boolean {
  return status !== 'off' && (!checkpoint || comparePositions(checkpoint, position) < 0);
}
