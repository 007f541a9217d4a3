import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, OwnerDatabase, OwnerQuery } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import { fillTheRest } from '../inline/fill-the-rest.js';
import type { RegisteredProjection } from '../projection-registry.js';
import { BuildTables } from '../table/build-tables.js';
import type { BuildRef } from './build-ref.js';
import {
  endOfLog,
  hasPassed,
  limitLocks,
  lockOthersOut,
  progressOf,
  selectStored,
  shadowsIn,
  statusOf,
  usersOf,
  type StoredTable,
} from './build-store.js';
import { fingerprintsOf, makeShadows, swapIn } from './shadow-tables.js';
import type { Shadow } from './shadow-definition.js';

/** What finishing takes. */
export interface FinishTools {
  readonly database: Database;
  readonly owner: OwnerDatabase;
  readonly store: EventStore;
}

// Writers of the tables wait meanwhile, readers do not.
const patienceMs = 2_000;
// Where they are appends, less long.
const appendsWaitMs = 200;
const pollMs = 10;

/** See `Builds.finish`. All of it is one transaction of the owner: killed at any moment, what served before serves on. */
export async function finishBuild(
  tools: FinishTools,
  projection: RegisteredProjection,
  ref: BuildRef,
): Promise<boolean> {
  await analyze(tools.owner, projection, ref);
  return tools.owner.transaction(async (query) => {
    await limitLocks(query);
    // An abort under way must end first, and none may begin: what is given up must not serve.
    await query('select from acci.projections where name = $1 for no key update', [ref.projection]);
    await lockOthersOut(query, ref.projection);
    if ((await statusOf(query, ref)) !== 'filling') return true;
    const stored = (await query(selectStored, [ref.projection, ref.build])) as unknown as StoredTable[];
    if (stored.length === 0 && projection.tables.length > 0) return false;
    const shadows = shadowsIn(stored, projection.tables);
    const replaced = await usersOf(query, ref, projection.tables);
    if (shadows.length > 0 && (await haveChanged(query, shadows, stored))) {
      await beginAnew(query, ref, shadows);
      return false;
    }
    const done =
      projection.lifecycle === 'inline'
        ? await finishInline(query, tools, projection, ref, shadows)
        : await passed(query, tools, ref, shadows);
    if (!done) return false;
    if (shadows.length > 0) await swapIn(query, shadows);
    await retire(query, ref, replaced);
    return serve(query, ref, projection, done);
  });
}

/** So that the first queries after the swap are planned as well as those before it. */
async function analyze(owner: OwnerDatabase, { tables }: RegisteredProjection, ref: BuildRef): Promise<void> {
  const stored = (await owner.transaction((query) =>
    query(selectStored, [ref.projection, ref.build]),
  )) as unknown as StoredTable[];
  for (const { shadow } of shadowsIn(stored, tables))
    await owner.transaction((query) => query(`analyze ${shadow}`));
}

/** Holds what serves until the build has come to the same place. */
async function passed(
  query: OwnerQuery,
  { database }: FinishTools,
  { projection, build }: BuildRef,
  shadows: readonly Shadow[],
): Promise<boolean> {
  if (shadows.length > 0)
    await query(`lock table ${shadows.map(({ table }) => table).join(', ')} in exclusive mode`);
  const rows = await query(
    `select build from acci.projection_builds where projection = $1 and build <> $2 and status = 'serving'`,
    [projection, build],
  );
  const serving = rows.map((row) => Number(row['build']));
  const theirs = await progressOf(query, projection, serving);
  // What is inline has no shares: it stands where the log ends, settled or not, and appends wait.
  const wasInline = serving.length > 0 && theirs.length === 0;
  const goals = wasInline ? [await endOfLog(database)].filter((end) => end !== undefined) : theirs;
  const patience = wasInline ? appendsWaitMs : patienceMs;
  for (const deadline = performance.now() + (shadows.length > 0 ? patience : 0); ; await sleep(pollMs)) {
    if (hasPassed(await progressOf(query, projection, [build]), goals)) return true;
    if (performance.now() >= deadline) return false;
  }
}

/**
 * Appends are locked out, so whatever they committed can be read, settled or not, and nothing comes behind it. Readers
 * wait from here on too: once the rest is filled in there must be nothing left to wait for.
 */
async function finishInline(
  query: OwnerQuery,
  { database, store }: FinishTools,
  projection: RegisteredProjection,
  ref: BuildRef,
  shadows: readonly Shadow[],
): Promise<string | undefined> {
  if (shadows.length > 0)
    await query(`lock table ${shadows.map(({ table }) => table).join(', ')} in access exclusive mode`);
  const places = new Map(shadows.map(({ table, shadow }) => [table, shadow]));
  return fillTheRest(database, store, projection, ref, new BuildTables(projection.tables, places));
}

async function haveChanged(
  query: OwnerQuery,
  shadows: readonly Shadow[],
  stored: readonly StoredTable[],
): Promise<boolean> {
  const now = await fingerprintsOf(query, shadows);
  return stored.some(
    ({ table_name: table, fingerprint }) => now.has(table) && now.get(table) !== fingerprint,
  );
}

/** A migration has changed a table since it was copied. */
async function beginAnew(
  query: OwnerQuery,
  { projection, build }: BuildRef,
  shadows: readonly Shadow[],
): Promise<void> {
  for (const [table, fingerprint] of await makeShadows(query, shadows))
    await query(
      'update acci.projection_tables set fingerprint = $4 where projection = $1 and build = $2 and table_name = $3',
      [projection, build, table, fingerprint],
    );
  await query(
    `update acci.projection_shares
        set epoch = null, transaction = null, position = null, lease_holder = null, lease_until = null,
            lease_generation = lease_generation + 1
      where projection = $1 and build = $2`,
    [projection, build],
  );
}

/** Whose tables have gone. What they work on just now fails at its checkpoint. */
async function retire(query: OwnerQuery, { projection }: BuildRef, builds: readonly number[]): Promise<void> {
  if (builds.length === 0) return;
  for (const sql of [
    `update acci.projection_builds
        set status = case status when 'serving' then 'retired' else 'aborted' end, ended_at = clock_timestamp()
      where projection = $1 and build = any ($2::int[])`,
    'delete from acci.projection_shares where projection = $1 and build = any ($2::int[])',
    'delete from acci.projection_tables where projection = $1 and build = any ($2::int[])',
  ])
    await query(sql, [projection, builds]);
}

/** @param holder who holds the shares of an inline build; it has none once it serves. */
async function serve(
  query: OwnerQuery,
  { projection, build }: BuildRef,
  { lifecycle }: RegisteredProjection,
  holder: string | true,
): Promise<boolean> {
  await query(
    `update acci.projection_builds set status = 'serving', served_at = clock_timestamp(), seen_at = clock_timestamp()
      where projection = $1 and build = $2`,
    [projection, build],
  );
  await query(
    'update acci.projection_tables set stored_in = table_name, fingerprint = null where projection = $1 and build = $2',
    [projection, build],
  );
  await query('update acci.projections set lifecycle = $2 where name = $1 and lifecycle <> $2', [
    projection,
    lifecycle,
  ]);
  if (lifecycle === 'inline') {
    const lost = await query(
      `delete from acci.projection_shares where projection = $1 and build = $2
       returning lease_holder is distinct from $3 as lost`,
      [projection, build, holder],
    );
    // Somebody began anew, so the tables are not what they have to be.
    if (deletedRows(lost).some((row) => row['lost'] === true))
      throw new Error(`${projection} was begun anew`);
    return true;
  }
  await query(
    `update acci.projection_shares
        set lease_holder = null, lease_until = null, lease_generation = lease_generation + 1
      where projection = $1 and build = $2`,
    [projection, build],
  );
  return true;
}

/** TypeORM answers a DELETE with its rows and their number. */
function deletedRows(answer: unknown): Record<string, unknown>[] {
  const [rows] = answer as [Record<string, unknown>[], number];
  return rows;
}
