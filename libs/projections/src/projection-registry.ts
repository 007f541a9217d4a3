import type { Database } from '@acci/database';
import {
  StreamArchivedEvent,
  SubjectWasForgotten,
  type EventDefinition,
  type EventRegistry,
} from '@acci/event-store';
import type { LiveClass } from './live/live-fold.js';
import { ForgetfulHandler } from './personal/forgetful-handler.js';
import { PersonalTable } from './personal/personal-columns.js';
import { ReadTable } from './table/read-table.js';
import { ProjectionNotFound, ProjectionRegistrationError } from './projections.errors.js';
import {
  liveOptionsOf,
  projectionOptionsOf,
  type ProjectionClass,
  type ProjectionHandler,
  type ProjectionOptions,
  type ProjectionTenants,
} from './projection.js';

/** A projection that was declared and registered, with the handler that does its work. */
export interface RegisteredProjection extends Omit<ProjectionOptions, 'tables'> {
  readonly tenants: ProjectionTenants;
  readonly handler: ProjectionHandler;
  /** The names of its tables in the database, when they are in place. */
  readonly tables: readonly string[];
  /** Those of them that are declared in code. */
  readonly readTables: readonly ReadTable[];
  /** The type strings of what it has to see: its events, and the forgetting of persons if it keeps some. */
  readonly types: readonly string[];
  readonly personalTables: readonly PersonalTable[];
}

const nameFormat = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/;
// Table names become part of statements; one that needs quotes is refused rather than quoted.
const tableFormat = /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/;

/** Every projection that the program knows. What is declared wrongly fails here, at boot. */
export class ProjectionRegistry {
  private readonly projections = new Map<string, RegisteredProjection>();
  private readonly classes = new Map<string, ProjectionClass>();
  private readonly tables = new Map<string, string>();

  /**
   * Adds a projection.
   *
   * @throws {ProjectionRegistrationError} naming what is wrong.
   */
  register(handler: ProjectionHandler): void {
    const type = handler.constructor as ProjectionClass;
    const options = projectionOptionsOf(type);
    if (!options)
      fail(
        liveOptionsOf(type as unknown as LiveClass)
          ? `${type.name} is live: it is asked by projections.live(${type.name}), and not listed`
          : `${type.name} is no projection: it lacks @Projection({ … })`,
      );
    const { name, version, lifecycle, tenants = 'all', events, tables } = options;
    const other = this.classes.get(name);
    if (other === type) return;
    if (!nameFormat.test(name ?? '')) fail(`${type.name} needs a name such as 'area.noun', not ${name}`);
    if (other) fail(`${type.name} and ${other.name} have the same name, ${name}`);
    if (!Number.isSafeInteger(version) || version < 1) fail(`${name} needs a version from 1, not ${version}`);
    if (lifecycle !== 'inline' && lifecycle !== 'async')
      fail(`${name} has no such lifecycle: ${String(lifecycle)}`);
    if (tenants !== 'all' && tenants !== 'chosen') fail(`${name} has no such tenants: ${String(tenants)}`);
    if (tenants === 'chosen' && lifecycle === 'inline')
      fail(`${name} is inline, so it is for all tenants: only asynchronous ones can be for chosen ones`);
    if (!events?.length) fail(`${name} lists no events`);
    if (typeof handler.handle !== 'function') fail(`${type.name} has no method handle`);
    for (const table of tables ?? fail(`${name} lists no tables`)) this.own(String(table), name);
    const personalTables = personalTablesOf(options);
    const types = new Set(events.map((event) => event.type));
    const forgets = types.has(SubjectWasForgotten.type);
    if (personalTables.length > 0) types.add(SubjectWasForgotten.type);
    this.classes.set(name, type);
    this.projections.set(name, {
      ...options,
      tenants,
      tables: tables.map(String),
      readTables: tables.filter((table) => table instanceof ReadTable),
      handler: personalTables.length > 0 ? new ForgetfulHandler(handler, personalTables, forgets) : handler,
      types: [...types],
      personalTables,
    });
  }

  /** Adds a projection that another registry has. */
  adopt(projection: RegisteredProjection): void {
    this.projections.set(projection.name, projection);
  }

  /** All projections, or those of one lifecycle, in the order of registration. */
  list(lifecycle?: ProjectionOptions['lifecycle']): RegisteredProjection[] {
    const all = [...this.projections.values()];
    return lifecycle ? all.filter((projection) => projection.lifecycle === lifecycle) : all;
  }

  /** @throws {ProjectionNotFound} */
  get(name: string): RegisteredProjection {
    const projection = this.projections.get(name);
    if (!projection) throw new ProjectionNotFound(name);
    return projection;
  }

  /**
   * Checks what can only be known once everything is registered and migrated.
   *
   * @throws {ProjectionRegistrationError} for an event that no aggregate lists, or a table that does not exist, is no
   * tenant table, or that the runtime roles may not fill or empty.
   */
  async verify(events: EventRegistry, database: Database): Promise<void> {
    const known = new Set([...events.definitions(), StreamArchivedEvent, SubjectWasForgotten].map(keyOf));
    for (const projection of this.projections.values()) {
      const stranger = projection.events.find((definition) => !known.has(keyOf(definition)));
      if (stranger)
        fail(`${projection.name} handles ${keyOf(stranger)}, which no registered aggregate lists`);
    }
    const found = await database.queryAsSystem<TableFacts>('verify projections', readTables, [
      [...this.tables.keys()],
    ]);
    for (const { name, exists, tenant, rights } of found) {
      const table = `${this.tables.get(name)} fills ${name}, which`;
      if (!exists) fail(`${table} does not exist`);
      if (!tenant) fail(`${table} is no tenant table: it needs a column tenant_id and row-level security`);
      if (!rights) fail(`${table} acci_app may not write or acci_system may not delete from`);
    }
    for (const { personalTables } of this.projections.values())
      for (const table of personalTables) await table.verify(database);
  }

  private own(table: string, projection: string): void {
    if (!tableFormat.test(table))
      fail(`${projection} fills ${table}, which is no name such as 'schema.table'`);
    const owner = this.tables.get(table);
    if (owner) fail(`${projection} and ${owner} both fill ${table}: a rebuild of one would empty the other`);
    this.tables.set(table, projection);
  }
}

/** An event that tells something about a person must not leave it where nobody finds it again. */
function personalTablesOf({ name, events, tables, personal }: ProjectionOptions): PersonalTable[] {
  const telling = events.find((event) => event.personal.length > 0);
  if (telling && !personal)
    fail(
      `${name} handles ${keyOf(telling)}, which has personal fields: say in 'personal' where it keeps them`,
    );
  return (personal ?? []).map((columns) => {
    if (!tables.map(String).includes(String(columns.table)))
      fail(`${name} keeps personal data in ${String(columns.table)}, which it does not fill`);
    return new PersonalTable(name, columns);
  });
}

interface TableFacts {
  readonly name: string;
  readonly exists: boolean;
  readonly tenant: boolean;
  readonly rights: boolean;
}

const readTables = `
  select wanted.name,
         c.oid is not null as exists,
         c.relrowsecurity and exists (
           select from pg_attribute where attrelid = c.oid and attname = 'tenant_id' and not attisdropped
         ) as tenant,
         has_table_privilege('acci_app', c.oid, 'insert')
           and has_table_privilege('acci_system', c.oid, 'select')
           and has_table_privilege('acci_system', c.oid, 'delete') as rights
    from unnest($1::text[]) as wanted(name)
    left join pg_class c on c.oid = to_regclass(wanted.name)`;

function keyOf({ type, version }: EventDefinition): string {
  return `${type} version ${version}`;
}

function fail(reason: string): never {
  throw new ProjectionRegistrationError(reason);
}
