import {
  prepared,
  type Database,
  type OwnerDatabase,
  type OwnerQuery,
  type PreparedStatement,
} from '@acci/database';
import type { EventStore } from '@acci/event-store';
import { BuildTables } from '../table/build-tables.js';
import type { ProjectionRegistry, RegisteredProjection } from '../projection-registry.js';
import { ProjectionActRefused, RebuildUnsupported } from '../projections.errors.js';
import type { BuildRef } from './build-ref.js';
import {
  isLockedOut,
  recordTables,
  selectStored,
  shadowsIn,
  statusOf,
  usersOf,
  type StoredTable,
} from './build-store.js';
import { finishBuild } from './finish-build.js';
import { shadowOf } from './shadow-definition.js';
import { obstaclesOf } from './shadow-obstacles.js';
import { makeShadows } from './shadow-tables.js';
import { tidyBuilds } from './tidy-builds.js';

const selectTables = prepared(selectStored);

// Programs say that they have a version at boot and every minute from then on.
const unseenBuilds = prepared(`
  select b.projection, b.build, b.version, b.status
    from acci.projection_builds as b
    join unnest($1::text[], $2::int[]) as known(name, version) on known.name = b.projection and known.version = b.version
   where b.status in ('serving', 'filling')`);

// A newer version in the same tables will do: an older program finds them there, in whatever way they are filled.
const unserved = (statuses: string): string => `
  select known.name
    from unnest($1::text[], $2::int[], $3::json[]) as known(name, version, tables)
   where not exists (
     select from acci.projection_builds as b
      where b.projection = known.name
        and (b.version = known.version and b.status in (${statuses})
             or b.version > known.version and b.status = 'serving'
                and (json_array_length(known.tables) = 0
                     or exists (select from acci.projection_tables as t
                                 where t.projection = b.projection and t.build = b.build
                                   and t.table_name in (select json_array_elements_text(known.tables))))))`;

const selectNotReady = prepared(`${unserved(`'serving'`)} and exists (select from acci.event_log)`);
const selectLacking = prepared(unserved(`'serving', 'filling'`));

/** How long no program must have known a version before its tables are dropped, in milliseconds. */
const unusedForMs = 3_600_000;

/** The tables of builds: made, filled, put in place of one another, dropped. What they need, the owner's hands do. */
export class Builds {
  constructor(
    private readonly database: Database,
    private readonly owner: OwnerDatabase,
    private readonly store: EventStore,
    private readonly registry: ProjectionRegistry,
  ) {}

  /**
   * Makes the tables that are declared in code.
   *
   * @throws {ProjectionRegistrationError} for one that is there in another shape.
   */
  async makeTables(): Promise<void> {
    const tables = this.registry.list().flatMap(({ readTables }) => readTables);
    if (tables.length === 0) return;
    await this.owner.transaction(async (query) => {
      // Replicas that start together: the first one makes them.
      await query(`select pg_advisory_xact_lock(hashtext('acci read tables'))`);
      for (const table of tables) await table.make(query);
    });
  }

  /**
   * Where a build's rows are. One that is filled while another keeps its rows in the tables gets copies of them, which
   * this makes. Not to be called inside a transaction.
   *
   * @throws {RebuildUnsupported} if a table cannot be copied.
   */
  async tablesOf(ref: BuildRef): Promise<BuildTables> {
    const projection = this.registry.get(ref.projection);
    const { tables } = projection;
    if (ref.status !== 'filling') return new BuildTables(tables);
    let stored: readonly StoredTable[] = await this.stored(ref);
    if (!tables.every((table) => stored.some(({ table_name: name }) => name === table)))
      stored = await this.owner.transaction((query) => this.place(query, ref, projection));
    const shadows = shadowsIn(stored, tables).map(({ table, shadow }) => [table, shadow] as const);
    return new BuildTables(tables, new Map(shadows));
  }

  /**
   * Lets a build serve that has come as far as the one in place: in one short transaction, for which readers wait. To be
   * tried again while it is false: somebody used the tables, or the build was not far enough.
   *
   * @returns true if it serves, or is not to be any more.
   */
  async finish(ref: BuildRef): Promise<boolean> {
    const { database, owner, store } = this;
    const projection = this.registry.get(ref.projection);
    try {
      return await finishBuild({ database, owner, store }, projection, ref);
    } catch (error) {
      if (isLockedOut(error)) return false;
      throw error;
    }
  }

  /** @throws {ProjectionActRefused} naming what keeps a projection's tables from being copied. */
  async assertRebuildable(name: string): Promise<void> {
    const { tables } = this.registry.get(name);
    const obstacles = await this.database.asSystem('look for what hangs on tables', (tx) =>
      obstaclesOf((sql, values) => tx.query(sql, values), tables),
    );
    if (obstacles.length > 0) throw new ProjectionActRefused('rebuild', name, obstacles.join('; '));
  }

  /** The names of this program's projections that no build serves yet in the program's version. */
  async ready(): Promise<string[]> {
    return this.ask(selectNotReady);
  }

  /** The names of those that nothing serves and nothing fills either: of a new version, or one that was retired. */
  async lacking(): Promise<string[]> {
    return this.ask(selectLacking);
  }

  /**
   * Says that this program has its versions, and clears up: drops what aborted builds left, and retires builds whose
   * version no program has had for an hour. At boot and every minute.
   */
  async tidy(afterMs = unusedForMs): Promise<void> {
    const known = this.registry.list();
    const rows = await this.database.queryAsSystem<BuildRef & Record<string, unknown>>(
      'find the builds of this program',
      unseenBuilds,
      [known.map(({ name }) => name), known.map(({ version }) => version)],
    );
    await tidyBuilds(this.owner, rows, afterMs, (ref) => this.inPlace(ref));
  }

  private async ask(question: PreparedStatement): Promise<string[]> {
    const known = this.registry.list();
    const rows = await this.database.queryAsSystem<{ name: string }>('ask what serves', question, [
      known.map(({ name }) => name),
      known.map(({ version }) => version),
      known.map(({ tables }) => JSON.stringify(tables)),
    ]);
    return rows.map(({ name }) => name);
  }

  private inPlace({ projection }: BuildRef): (StoredTable & { readonly made_in_code: boolean })[] {
    const { tables, readTables } = this.registry.get(projection);
    const inCode = new Set(readTables.map(String));
    return tables.map((table) => ({
      table_name: table,
      stored_in: table,
      fingerprint: null,
      made_in_code: inCode.has(table),
    }));
  }

  private async place(
    query: OwnerQuery,
    ref: BuildRef,
    { name, tables }: RegisteredProjection,
  ): Promise<readonly StoredTable[]> {
    await query(`select pg_advisory_xact_lock(hashtext('acci builds of ' || $1))`, [name]);
    const before = (await query(selectStored, [ref.projection, ref.build])) as unknown as StoredTable[];
    if (before.length === tables.length || (await statusOf(query, ref)) !== 'filling') return before;
    const users = await usersOf(query, ref, tables);
    const inPlace = this.inPlace(ref);
    if (users.length === 0) {
      await recordTables(query, ref, inPlace);
      return inPlace;
    }
    const obstacles = await obstaclesOf((sql, values) => query(sql, values && [...values]), tables);
    if (obstacles.length > 0) throw new RebuildUnsupported(obstacles.join('; '));
    const shadows = tables.map((table) => shadowOf(table, ref.build));
    const fingerprints = await makeShadows(query, shadows);
    const placed = inPlace.map(({ table_name: table, made_in_code }) => ({
      table_name: table,
      stored_in: shadowOf(table, ref.build).shadow,
      fingerprint: fingerprints.get(table) ?? null,
      made_in_code,
    }));
    await recordTables(query, ref, placed);
    return placed;
  }

  private stored({ projection, build }: BuildRef): Promise<StoredTable[]> {
    return this.database.queryAsSystem<StoredTable & Record<string, unknown>>(
      'find the tables of a build',
      selectTables,
      [projection, build],
    );
  }
}
