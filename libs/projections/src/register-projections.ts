import { prepared, type Database } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import type { Logger } from '@nestjs/common';
import { rebuildInline } from './inline/rebuild-inline.js';
import type { ProjectionRegistry, RegisteredProjection } from './projection-registry.js';
import { ProjectionRegistrationError } from './projections.errors.js';
import type { ProjectionRow } from './projection-state.js';

// Sorted, so that replicas that start together take the rows in one order.
const registerAsync = prepared(`
  insert into acci.projections as p (name, version, lifecycle)
  select name, version, 'async' from unnest($1::text[], $2::int[]) as declared(name, version) order by name
  on conflict (name) do update
     set version = excluded.version, lifecycle = 'async', status = 'running', rebuilding = true,
         epoch = null, transaction = null, position = null, attempts = 0, last_error = null,
         lease_generation = p.lease_generation + 1, lease_holder = null, lease_until = null,
         updated_at = clock_timestamp()
   where p.version < excluded.version or p.lifecycle <> 'async'`);

const readRegistered = prepared(
  'select name, version, lifecycle from acci.projections where name = any ($1::text[])',
);

type Registered = Pick<ProjectionRow, 'name' | 'version' | 'lifecycle'>;

/**
 * Makes the projections known to the database. One that is new, has a newer version or another lifecycle than before
 * is rebuilt: an asynchronous one by whoever runs it, an inline one here and now, before this process appends. Any
 * number of processes may do this at once.
 *
 * @throws {ProjectionRegistrationError} if an inline projection is there in a newer version than this program's.
 */
export async function registerProjections(
  database: Database,
  store: EventStore,
  registry: ProjectionRegistry,
  logger: Logger,
): Promise<void> {
  const inBackground = registry.list('async');
  await database.queryAsSystem('register projections', registerAsync, [
    inBackground.map(({ name }) => name),
    inBackground.map(({ version }) => version),
  ]);
  const names = registry.list().map(({ name }) => name);
  const rows = await database.queryAsSystem<Registered>('read registered projections', readRegistered, [
    names,
  ]);
  const registered = new Map(rows.map((row) => [row.name, row]));

  for (const { name, version } of inBackground) {
    const { version: newer = version } = registered.get(name) ?? {};
    if (newer > version)
      logger.warn(`${name} is at version ${newer}; this program has ${version} and will not run it`);
  }
  for (const projection of registry.list('inline')) {
    if (isBuilt(projection, registered.get(projection.name))) continue;
    logger.log(`Building ${projection.name} version ${projection.version}`);
    await rebuildInline(database, store, projection, async (tx) => {
      const [row] = await tx.query<Registered>(readRegistered, [[projection.name]]);
      return !isBuilt(projection, row);
    });
  }
}

function isBuilt({ name, version }: RegisteredProjection, row: Registered | undefined): boolean {
  if (!row || row.lifecycle !== 'inline') return false;
  if (row.version > version) {
    throw new ProjectionRegistrationError(
      `${name} is at version ${row.version}; this program has ${version} and would write its rows in the old way`,
    );
  }
  return row.version === version;
}
