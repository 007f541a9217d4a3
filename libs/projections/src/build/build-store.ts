import { prepared, type Database, type OwnerQuery } from '@acci/database';
import { comparePositions, type Position } from '@acci/event-store';
import { lockAppendsOut } from '../inline/inline-projections.js';
import { checkpointOf } from '../projection-state.js';
import type { BuildRef, BuildStatus } from './build-ref.js';
import type { Shadow } from './shadow-definition.js';

/** A table of a build, as `acci.projection_tables` has it. */
export interface StoredTable {
  readonly table_name: string;
  readonly stored_in: string;
  readonly fingerprint: string | null;
}

/** A share's progress, as far as it matters to whether its build may serve. */
interface Progress {
  readonly of_tenant: string | null;
  readonly status: string;
  readonly checkpoint: Position | undefined;
}

type ProgressRow = Omit<Progress, 'checkpoint'> & Parameters<typeof checkpointOf>[0];

function toProgress(row: ProgressRow): Progress {
  return { of_tenant: row.of_tenant, status: row.status, checkpoint: checkpointOf(row) };
}

// How long readers and writers of a table may have to wait behind us for whoever else uses it.
const lockTimeout = '500ms';

export async function limitLocks(query: OwnerQuery): Promise<void> {
  await query(`select set_config('lock_timeout', $1, true)`, [lockTimeout]);
}

/** True if somebody else held what we needed: to be tried again. */
export function isLockedOut(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === '55P03' || code === '40P01';
}

/** Keeps appends of an inline projection, and forgettings, out of the tables until the end of the transaction. */
export async function lockOthersOut(query: OwnerQuery, projection: string): Promise<void> {
  await query(lockAppendsOut.text, [projection]);
}

export async function statusOf(query: OwnerQuery, ref: BuildRef): Promise<BuildStatus | undefined> {
  const [row] = await query(
    'select status from acci.projection_builds where projection = $1 and build = $2',
    [ref.projection, ref.build],
  );
  return row?.['status'] as BuildStatus | undefined;
}

export const selectStored =
  'select table_name, stored_in, fingerprint from acci.projection_tables where projection = $1 and build = $2';

/** Those of a build's tables that are not in place yet, in the order in which they were declared. */
export function shadowsIn(stored: readonly StoredTable[], declared: readonly string[]): Shadow[] {
  const places = new Map(stored.map(({ table_name: table, stored_in: shadow }) => [table, shadow]));
  return declared.flatMap((table) => {
    const shadow = places.get(table);
    return shadow !== undefined && shadow !== table ? [{ table, shadow }] : [];
  });
}

// Those that keep their rows under one of the names. Of one that served before this was written down, all is believed.
const selectUsers = `
  select b.build, b.status
    from acci.projection_builds as b
   where b.projection = $1 and b.build <> $2 and b.status in ('serving', 'filling')
     and (exists (select from acci.projection_tables as t
                   where t.projection = b.projection and t.build = b.build and t.stored_in = any ($3::text[]))
          or b.status = 'serving'
             and not exists (select from acci.projection_tables as t
                              where t.projection = b.projection and t.build = b.build))`;

/** The other builds of a projection that have their rows in tables of these names. */
export async function usersOf(
  query: OwnerQuery,
  { projection, build }: BuildRef,
  tables: readonly string[],
): Promise<number[]> {
  const rows = await query(selectUsers, [projection, build, tables]);
  return rows.map((row) => Number(row['build']));
}

export async function recordTables(
  query: OwnerQuery,
  { projection, build }: BuildRef,
  tables: readonly (StoredTable & { readonly made_in_code: boolean })[],
): Promise<void> {
  for (const { table_name, stored_in, fingerprint, made_in_code } of tables)
    await query(
      `insert into acci.projection_tables (projection, build, table_name, stored_in, fingerprint, made_in_code)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (projection, build, table_name)
       do update set stored_in = excluded.stored_in, fingerprint = excluded.fingerprint`,
      [projection, build, table_name, stored_in, fingerprint, made_in_code],
    );
}

/** How far the shares of builds are. */
export async function progressOf(
  query: OwnerQuery,
  projection: string,
  builds: readonly number[],
): Promise<Progress[]> {
  const rows = (await query(
    `select of_tenant, status, epoch, transaction::text as transaction, position::text as position
       from acci.projection_shares where projection = $1 and build = any ($2::int[])`,
    [projection, builds],
  )) as unknown as ProgressRow[];
  return rows.map(toProgress);
}

const selectEnd = prepared(`
  select null as of_tenant, 'running' as status, epoch, transaction::text as transaction, position::text as position
    from acci.events order by epoch desc, events.transaction desc, events.position desc limit 1`);

/** How far a share is that has handled all that was committed, settled or not; undefined while the log is empty. */
export async function endOfLog(database: Database): Promise<Progress | undefined> {
  const [row] = await database.queryAsSystem<ProgressRow>('find the end of the event log', selectEnd);
  return row && toProgress(row);
}

/** True if no tenant would find fewer events in a build than it found in what served before. */
export function hasPassed(mine: readonly Progress[], theirs: readonly Progress[]): boolean {
  return mine.every((share) => {
    if (share.status === 'off') return true;
    const ofTenant = theirs.filter((other) => other.of_tenant === share.of_tenant);
    const others =
      share.of_tenant === null
        ? theirs
        : ofTenant.length > 0
          ? ofTenant
          : theirs.filter((other) => other.of_tenant === null);
    return others.every(({ checkpoint }) => checkpoint === undefined || isAt(share.checkpoint, checkpoint));
  });
}

function isAt(a: Position | undefined, b: Position): boolean {
  return a !== undefined && comparePositions(a, b) >= 0;
}
