import { prepared } from '@acci/database';
import { beginBuild } from './acts/build-acts.js';
import { assertTenantsAsDeclared } from './chosen-tenants.js';
import { buildInline, type InlineTools } from './inline/build-inline.js';
import type { ProjectionRegistry, RegisteredProjection } from './projection-registry.js';
import { lockProjection } from './shares.js';

/** What projections are registered with. */
export interface RegistrationTools extends InlineTools {
  readonly registry: ProjectionRegistry;
}

// Sorted, so that replicas that start together take the rows in one order.
const registerAsync = prepared(`
  insert into acci.projections as p (name, lifecycle)
  select name, 'async' from unnest($1::text[]) as declared(name) order by name
  on conflict (name) do update set lifecycle = 'async' where p.lifecycle <> 'async'`);

const readRegistered = prepared(`
  select p.name, p.lifecycle, max(b.version) as version,
         coalesce(max(b.version) filter (where b.shares_there), 0) as followed
    from acci.projections as p
    join (select b.*, exists (select from acci.projection_shares as s
                               where (s.projection, s.build) = (b.projection, b.build)) as shares_there
            from acci.projection_builds as b) as b on b.projection = p.name
   where p.name = any ($1::text[]) and b.status in ('filling', 'serving')
   group by p.name`);

// While nothing has been appended there is nothing to fill the tables with, and nothing better to read.
const serveAtOnce = prepared(`
  update acci.projection_builds set status = 'serving', served_at = clock_timestamp()
   where projection = $1 and build = $2 and not exists (select from acci.event_log)`);

/** A projection of the database, with the newest version that serves or is being filled. */
interface Registered {
  readonly name: string;
  readonly lifecycle: string;
  readonly version: number;
  /** The newest of those that follow the log: not what an inline projection left behind. */
  readonly followed: number;
}

/**
 * Makes the projections known to the database. One that is new, has a newer version or another lifecycle than before
 * is filled: an asynchronous one by whoever runs it, while the older version serves; an inline one here and now, before
 * this process appends. Any number of processes may do this at once.
 *
 * @throws {ProjectionRegistrationError} if an inline projection is there in a newer version than this program's, or one is
 * there for other tenants than it declares.
 */
export async function registerProjections(tools: RegistrationTools): Promise<void> {
  const { builds, database, registry, logger } = tools;
  await assertTenantsAsDeclared(database, registry);
  const inBackground = registry.list('async');
  await database.queryAsSystem('register projections', registerAsync, [inBackground.map(({ name }) => name)]);
  const names = registry.list().map(({ name }) => name);
  const rows = await database.queryAsSystem<Registered & object>(
    'read registered projections',
    readRegistered,
    [names],
  );
  const registered = new Map(rows.map((row) => [row.name, row]));

  // After a roll-back: what this version had in tables of its own may have been dropped.
  const lacking = new Set(await builds.lacking());
  for (const projection of inBackground) {
    const { name, version } = projection;
    const { followed } = registered.get(name) ?? { followed: 0 };
    if (followed > version)
      logger.warn(
        `${name} is at version ${followed}; this program has ${version}, and runs that as long as it serves`,
      );
    if (followed < version || lacking.has(name)) await beginFirst(tools, projection);
  }
  for (const projection of registry.list('inline')) await buildInline(tools, projection);
}

/** Begins the filling for a version, unless another process has done so meanwhile. */
async function beginFirst(
  { database, store, settings: { shares } }: RegistrationTools,
  { name, version, tenants }: RegisteredProjection,
): Promise<void> {
  const goal = await store.head();
  await database.asSystem(`begin ${name} version ${version}`, async (tx) => {
    const { builds } = await lockProjection(tx, name);
    const [row] = await tx.query<Registered>(readRegistered, [[name]]);
    const live = builds.some((build) => build.version === version);
    if (live && (row?.followed ?? 0) >= version) return;
    const build = await beginBuild(tx, { projection: name, version, shares, tenants, goal });
    if (builds.length === 0) tx.execute(serveAtOnce, [name, build]);
  });
}
