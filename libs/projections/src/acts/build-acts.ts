import { prepared, type Transaction } from '@acci/database';
import type { Context, Position } from '@acci/event-store';
import { ProjectionActRefused } from '../projections.errors.js';
import { columnsOf } from '../projection-state.js';
import { createShares, leaveShare, lockProjection, lockShares, type BuildRow } from '../shares.js';
import type { ActOptions, ActTools, RebuildRef } from './act-tools.js';
import { ProjectionRebuildAborted, ProjectionRebuildRequested } from './operator-acts.js';
import type { ProjectionTenants } from '../projection.js';
import { recordAct } from './record-act.js';

/** A filling of a projection's tables that is to begin. */
export interface NewBuild {
  readonly projection: string;
  readonly version: number;
  readonly shares: number;
  readonly tenants: ProjectionTenants;
  /** The end of the log: how much there is to be done. */
  readonly goal: Position | undefined;
  readonly requestedBy?: { readonly actor: string; readonly reason: string };
}

const insertBuild = prepared(`
  insert into acci.projection_builds (projection, build, version, status, shares, goal_epoch, goal_transaction,
                                      goal_position, requested_by, tenants)
  select $1, coalesce(max(build), 0) + 1, $2, 'filling', $3, $4, $5::text::xid8, $6, $7::json, $8
    from acci.projection_builds where projection = $1
  returning build`);

const abortBuild = prepared(`
  with aborted as (
    update acci.projection_builds set status = 'aborted', ended_at = clock_timestamp()
     where projection = $1 and build = $2)
  delete from acci.projection_shares where projection = $1 and build = $2`);

const forgetTenants = prepared(`
  delete from acci.projection_shares
   where projection = $1 and build = $2 and of_tenant is not null and status <> 'off'`);

/** Begins a filling, in the open system transaction, which has locked the projection. Its number. */
export async function beginBuild(
  tx: Transaction,
  { projection, version, shares, tenants, goal, requestedBy }: NewBuild,
): Promise<number> {
  const by = requestedBy && JSON.stringify(requestedBy);
  const values = [projection, version, shares, ...columnsOf(goal), by, tenants];
  const [row] = await tx.query<{ build: number }>(insertBuild, values);
  const { build } = row as { build: number };
  createShares(tx, projection, { build, shares, tenants });
  return build;
}

/**
 * Has a projection's tables filled anew. What serves goes on until the new rows have caught up with it. Where such a
 * filling is under way already, that one it is; the very first one, which has nothing beside it, begins again.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} for tables that cannot be copied.
 */
export async function rebuild(
  { database, store, registry, builds, shares }: ActTools,
  ctx: Context,
  name: string,
  { reason }: ActOptions,
): Promise<RebuildRef> {
  await builds.assertRebuildable(name);
  const goal = await store.head();
  return database.asSystem(`rebuild ${name}`, async (tx) => {
    const { builds: live } = await lockProjection(tx, name);
    const serving = live.findLast(({ status }) => status === 'serving');
    const filling = live.findLast(({ status }) => status === 'filling');
    const known = registry.list().find((projection) => projection.name === name);
    const newest = known && known.version >= (serving?.version ?? 0) ? known : serving;
    const { version = 0, tenants = 'all' } = newest ?? {};
    const requestedBy = { actor: ctx.actor, reason };
    if (filling && !serving) await beginAgain(tx, name, filling);
    const build =
      filling?.build ??
      (await beginBuild(tx, { projection: name, version, shares, tenants, goal, requestedBy }));
    await recordAct(database, store, ctx, name, ProjectionRebuildRequested.of({ reason, build }));
    return { projection: name, build };
  });
}

/**
 * Gives up the filling of a projection's tables that is under way.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} if there is none, or nothing that serves in its stead.
 */
export async function abort(
  { database, store, builds }: ActTools,
  ctx: Context,
  name: string,
  { reason }: ActOptions,
): Promise<void> {
  await database.asSystem(`abort ${name}`, async (tx) => {
    const { builds: live } = await lockProjection(tx, name);
    const filling = live.filter(({ status }) => status === 'filling');
    if (filling.length === 0) throw new ProjectionActRefused('abort', name, 'it is not being rebuilt');
    if (!live.some(({ status }) => status === 'serving'))
      throw new ProjectionActRefused('abort', name, 'it is built for the first time');
    for (const { build } of filling) {
      await lockShares(tx, name, build);
      tx.execute(abortBuild, [name, build]);
      await recordAct(database, store, ctx, name, ProjectionRebuildAborted.of({ reason, build }));
    }
  });
  await builds.tidy();
}

async function beginAgain(tx: Transaction, name: string, { build }: BuildRow): Promise<void> {
  await lockShares(tx, name, build);
  tx.execute(forgetTenants, [name, build]);
  for (const share of await lockShares(tx, name, build))
    if (share.status !== 'off') leaveShare(tx, share, { status: 'running', checkpoint: undefined });
}
