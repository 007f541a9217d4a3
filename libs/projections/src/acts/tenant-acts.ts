import { assertTenantId, prepared, type Transaction } from '@acci/database';
import type { Context } from '@acci/event-store';
import { clearShare } from '../async/clear-share.js';
import { liveBuilds } from '../projection-status.js';
import { ProjectionActRefused } from '../projections.errors.js';
import type { ShareRow } from '../projection-state.js';
import { leaveShare, lockProjection, lockShares, ownShare, type BuildRow } from '../shares.js';
import type { ActOptions, ActTools, RebuildRef } from './act-tools.js';
import { ProjectionRebuildRequested, ProjectionSwitchedOff, ProjectionSwitchedOn } from './operator-acts.js';
import { recordAct } from './record-act.js';

/** One tenant's own share, and the build that it is of. */
interface Own {
  readonly build: BuildRow;
  readonly share: ShareRow;
}

const markCleared = prepared(`
  update acci.projection_shares set epoch = 0, transaction = '0', position = 0, lease_generation = lease_generation + 1,
         lease_holder = null, lease_until = null
   where projection = $1 and build = $2 and share = $3 and status = 'off' and epoch is null`);

/**
 * Ends a projection for one tenant: its events are passed by from now on, and its rows deleted. They are marked first,
 * so that whoever is killed in between leaves that to whoever runs the projection.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} if it is inline, or off for the tenant already.
 */
export async function switchOff(
  tools: ActTools,
  ctx: Context,
  name: string,
  tenantId: string,
  { reason }: ActOptions,
): Promise<void> {
  const { database, store } = tools;
  await database.asSystem(`switch ${name} off`, async (tx) => {
    const shares = await ownShares(tx, 'switch off', name, tenantId);
    if (shares.every(({ share }) => share.status === 'off'))
      throw new ProjectionActRefused('switch off', name, 'it is off for the tenant');
    for (const { share } of shares) leaveShare(tx, share, { status: 'off', checkpoint: undefined });
    await recordAct(database, store, ctx, name, ProjectionSwitchedOff.of({ reason, tenant: tenantId }));
  });
  await clearRows(tools, name, tenantId);
}

/**
 * Begins a projection for a tenant for whom it was switched off, from the beginning of the log.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} if it is inline, or not off for the tenant.
 */
export async function switchOn(
  { database, store }: ActTools,
  ctx: Context,
  name: string,
  tenantId: string,
  { reason }: ActOptions,
): Promise<void> {
  await database.asSystem(`switch ${name} on`, async (tx) => {
    const off = (await ownShares(tx, 'switch on', name, tenantId)).filter(
      ({ share }) => share.status === 'off',
    );
    if (off.length === 0) throw new ProjectionActRefused('switch on', name, 'it is on for the tenant');
    for (const { share } of off) leaveShare(tx, share, { status: 'running', checkpoint: undefined });
    await recordAct(database, store, ctx, name, ProjectionSwitchedOn.of({ reason, tenant: tenantId }));
  });
}

/**
 * Has one tenant's rows deleted and filled anew, before the eyes of its readers; those of the others stay. Whoever runs
 * the projection does both in one transaction, as far as a batch goes.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} if it is off for the tenant.
 */
export async function rebuildTenant(
  { database, store }: ActTools,
  ctx: Context,
  name: string,
  tenantId: string,
  { reason }: ActOptions,
): Promise<RebuildRef> {
  return database.asSystem(`rebuild ${name} for a tenant`, async (tx) => {
    const shares = await ownShares(tx, 'rebuild', name, tenantId);
    const serving = shares.findLast((own) => own.build.status === 'serving') ?? shares[0];
    const { build } = serving.build;
    for (const { share } of shares) {
      if (share.status === 'off') throw new ProjectionActRefused('rebuild', name, 'it is off for the tenant');
      leaveShare(tx, share, { status: 'running', checkpoint: undefined });
    }
    await recordAct(
      database,
      store,
      ctx,
      name,
      ProjectionRebuildRequested.of({ reason, tenant: tenantId, build }),
    );
    return { projection: name, build };
  });
}

async function ownShares(
  tx: Transaction,
  act: string,
  name: string,
  tenantId: string,
): Promise<[Own, ...Own[]]> {
  assertTenantId(tenantId);
  const { builds } = await lockProjection(tx, name);
  const shares: Own[] = [];
  for (const build of builds) {
    const all = await lockShares(tx, name, build.build);
    if (all.length > 0) shares.push({ build, share: await ownShare(tx, name, build, tenantId) });
  }
  const [first, ...others] = shares;
  if (!first) throw new ProjectionActRefused(act, name, 'it is part of every append');
  return [first, ...others];
}

/**
 * Not in the transaction of the act: a batch under way may have written some of the rows, and wants the lock of its
 * share next. Only where this program knows the tables.
 */
async function clearRows(
  { database, registry, builds }: ActTools,
  name: string,
  tenantId: string,
): Promise<void> {
  const projection = registry.list().find((known) => known.name === name);
  const live = await liveBuilds(database);
  for (const { build, version, status, shares } of live.filter((each) => each.projection === name)) {
    const share = shares.find((each) => each.tenantId === tenantId);
    if (version !== projection?.version || share?.status !== 'off') continue;
    const tables = await builds.tablesOf({ projection: name, build, version, status });
    const ref = { projection: name, build, share: share.share, tenantId };
    await database.asSystem(`clear ${name}`, async (tx) => {
      await clearShare(tx, tables.names, ref);
      tx.execute(markCleared, [name, build, share.share]);
    });
  }
}
