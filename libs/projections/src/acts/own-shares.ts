import { assertTenantId, type Transaction } from '@acci/database';
import { isChosen } from '../chosen-tenants.js';
import type { ShareRow } from '../projection-state.js';
import { ProjectionActRefused } from '../projections.errors.js';
import { lockShares, ownShare, type BuildRow, type LockedProjection } from '../shares.js';

/** One tenant's own share, and the build that it is of. */
export interface Own {
  readonly build: BuildRow;
  readonly share: ShareRow;
  /** Whether the projection exists for the tenant, in this build. */
  readonly on: boolean;
}

/**
 * What an act upon one tenant is about: its own share of each build, locked, and made where it had none. Of a build that
 * it was not chosen for it has none, but for the act that chooses it.
 *
 * @throws {ProjectionActRefused} if there is nothing of the kind.
 */
export async function ownShares(
  tx: Transaction,
  act: string,
  { name, builds }: LockedProjection,
  tenantId: string,
): Promise<[Own, ...Own[]]> {
  assertTenantId(tenantId);
  const chosen = await isChosen(tx, name, tenantId);
  const own: Own[] = [];
  let why = 'it is part of every append';
  for (const build of builds) {
    const all = await lockShares(tx, name, build.build);
    if (all.length === 0) continue;
    const existing = build.tenants === 'all' || chosen;
    if (existing || act === 'switch on') {
      const share = await ownShare(tx, name, build, tenantId);
      own.push({ build, share, on: existing && share.status !== 'off' });
    } else why = 'it is off for the tenant';
  }
  const [first, ...others] = own;
  if (!first) throw new ProjectionActRefused(act, name, why);
  return [first, ...others];
}
