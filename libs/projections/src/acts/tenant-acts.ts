import { prepared, type Transaction } from '@acci/database';
import type { Context } from '@acci/event-store';
import { clearShare } from '../async/clear-share.js';
import { choose, unchoose } from '../chosen-tenants.js';
import { liveBuilds } from '../projection-status.js';
import { ProjectionActRefused } from '../projections.errors.js';
import { endCleared, leaveShare, lockProjection, type LockedProjection } from '../shares.js';
import type { ActOptions, ActTools, RebuildRef } from './act-tools.js';
import { ProjectionRebuildRequested, ProjectionSwitchedOff, ProjectionSwitchedOn } from './operator-acts.js';
import { ownShares } from './own-shares.js';
import { recordAct } from './record-act.js';
import { refillInline } from './refill-inline.js';

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
    const own = await ownShares(tx, 'switch off', await lockProjection(tx, name), tenantId);
    const on = own.filter((each) => each.on);
    if (on.length === 0) throw new ProjectionActRefused('switch off', name, 'it is off for the tenant');
    for (const { share } of on) leaveShare(tx, share, { status: 'off', checkpoint: undefined });
    unchoose(tx, name, tenantId);
    await recordAct(database, store, ctx, name, ProjectionSwitchedOff.of({ reason, tenant: tenantId }));
  });
  await clearRows(tools, name, tenantId);
}

/**
 * Begins a projection for a tenant for whom it is off, from the beginning of the log.
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
    const own = await ownShares(tx, 'switch on', await lockProjection(tx, name), tenantId);
    const off = own.filter(({ on }) => !on);
    if (off.length === 0) throw new ProjectionActRefused('switch on', name, 'it is on for the tenant');
    for (const { share } of off) leaveShare(tx, share, { status: 'running', checkpoint: undefined });
    if (own.some(({ build }) => build.tenants === 'chosen')) choose(tx, name, tenantId);
    await recordAct(database, store, ctx, name, ProjectionSwitchedOn.of({ reason, tenant: tenantId }));
  });
}

/**
 * Has one tenant's rows deleted and filled anew; those of the others stay. Of an asynchronous projection whoever runs it
 * does so, before the eyes of its readers, and in one transaction as far as a batch goes. Of an inline one it is done when
 * this returns.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} if it is off for the tenant, or inline and cannot be filled while appends wait.
 */
export async function rebuildTenant(
  tools: ActTools,
  ctx: Context,
  name: string,
  tenantId: string,
  { reason }: ActOptions,
): Promise<RebuildRef> {
  const { database, store } = tools;
  return database.asSystem(`rebuild ${name} for a tenant`, async (tx) => {
    const projection = await lockProjection(tx, name);
    const build =
      projection.lifecycle === 'inline'
        ? await refillInline(tools, tx, projection, tenantId)
        : await beginAnew(tx, projection, tenantId);
    const act = ProjectionRebuildRequested.of({ reason, tenant: tenantId, build });
    await recordAct(database, store, ctx, name, act);
    return { projection: name, build };
  });
}

/** Queues that whoever runs a tenant's shares begins them again. The build that serves. */
async function beginAnew(tx: Transaction, projection: LockedProjection, tenantId: string): Promise<number> {
  const own = await ownShares(tx, 'rebuild', projection, tenantId);
  for (const { share, on } of own) {
    if (!on) throw new ProjectionActRefused('rebuild', projection.name, 'it is off for the tenant');
    leaveShare(tx, share, { status: 'running', checkpoint: undefined });
  }
  const serving = own.findLast(({ build }) => build.status === 'serving') ?? own[0];
  return serving.build.build;
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
      endCleared(tx, ref);
    });
  }
}
