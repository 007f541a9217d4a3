import { assertTenantId, prepared, type Transaction } from '@acci/database';
import type { Position } from '@acci/event-store';
import { applyEvents } from '../apply-events.js';
import { clearShare } from '../async/clear-share.js';
import { lockAppendsOut } from '../inline/inline-projections.js';
import { ProjectionActRefused } from '../projections.errors.js';
import type { LockedProjection } from '../shares.js';
import { BuildTables } from '../table/build-tables.js';
import type { ActTools } from './act-tools.js';

const eventsAtOnce = 500;
/** Appends wait meanwhile. */
const mostEvents = 5_000;

const limitLocks = prepared(`select set_config('lock_timeout', '500ms', true)`);

/**
 * Deletes a tenant's rows in the tables of an inline projection and fills them anew, in the open system transaction.
 * Appends of its events, of whatever tenant, wait until the commit: so what they committed can be read, settled or not,
 * and those that come later write upon it.
 *
 * @returns the build that serves.
 * @throws {ProjectionActRefused} if this program does not have it in the version that serves, if something hangs on the
 * tables, if appends would have to wait too long, or we for them.
 */
export async function refillInline(
  { database, store, registry, builds }: ActTools,
  tx: Transaction,
  { name, builds: live }: LockedProjection,
  tenantId: string,
): Promise<number> {
  assertTenantId(tenantId);
  const refuse = (why: string): never => {
    throw new ProjectionActRefused('rebuild', name, why);
  };
  const { build, version } = live.findLast(({ status }) => status === 'serving') ?? refuse('nothing serves');
  const { handler, types, tables } =
    registry.list('inline').find((known) => known.name === name && known.version === version) ??
    refuse(`this program does not have its version ${version}`);
  // Rows of others that hang on these would go with them.
  await builds.assertRebuildable(name);
  tx.execute(limitLocks);
  await tx.query(lockAppendsOut, [name]).catch((error: unknown) => {
    if (!isLockedOut(error)) throw error;
    refuse('an append of its events does not end: try again');
  });
  await clearShare(tx, tables, { projection: name, build, share: tenantId, tenantId });
  const inPlace = new BuildTables(tables);
  let after: Position | undefined;
  for (let handled = 0, more = true; more;) {
    const events = await store.readAll(after, eventsAtOnce, { types, tenantId, unsettled: true });
    handled += events.length;
    if (handled > mostEvents)
      refuse(`appends would wait for more than ${mostEvents} events of the tenant: rebuild it for all`);
    await applyEvents(database, handler, events, inPlace);
    after = events.at(-1)?.position;
    more = events.length >= eventsAtOnce;
  }
  return build;
}

function isLockedOut(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '55P03';
}
