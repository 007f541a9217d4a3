import { prepared, type Database } from '@acci/database';
import type { Position } from '@acci/event-store';
import type { BuildStatus } from './build/build-ref.js';
import type { ProjectionLag } from './lag.js';
import type { Lifecycle, ProjectionTenants } from './projection.js';
import {
  checkpointOf,
  conditionOf,
  leastCheckpoint,
  toShareState,
  type ProjectionCondition,
  type ShareRow,
  type ShareState,
} from './projection-state.js';

/** How far the filling of a projection's tables is that is to replace the ones in place. */
export interface RebuildProgress {
  readonly build: number;
  /** The version of the projection that fills. */
  readonly version: number;
  readonly status: BuildStatus;
  /** From 0 to 1; 1 is the end of the log as it was when the rebuild began. */
  readonly done: number;
  readonly eventsPerSecond: number;
  /** Until `done` is 1; undefined while nothing can be said. */
  readonly secondsLeft: number | undefined;
  readonly beganAt: Date;
  readonly endedAt: Date | undefined;
  /** Those of the build: one that has halted keeps it from its end. */
  readonly shares: readonly ShareState[];
}

/** What a projection is doing, how far it is, and how far behind. */
export interface ProjectionStatus {
  readonly name: string;
  readonly lifecycle: Lifecycle;
  /** Whether it is for all tenants, or for chosen ones alone. */
  readonly tenants: ProjectionTenants;
  /** How many were chosen; undefined where it is for all. */
  readonly chosenTenants: number | undefined;
  /** The version that serves; of several, the newest. */
  readonly version: number;
  /** The filling of its tables that serves, or the first one, which is under way. */
  readonly build: number;
  /** The worst of its shares. */
  readonly status: ProjectionCondition;
  /** That of the share that is least far; undefined before its first event. Inline projections have none. */
  readonly checkpoint: Position | undefined;
  readonly lag: Pick<ProjectionLag, 'events' | 'seconds'>;
  /** The buckets first, then the tenants that have a share of their own. */
  readonly shares: readonly ShareState[];
  /** The filling that is under way. */
  readonly rebuild: RebuildProgress | undefined;
}

/** A build with one of its shares, or none. */
interface StatusRow extends Omit<ShareRow, 'share'> {
  readonly lifecycle: Lifecycle;
  readonly tenants: ProjectionTenants;
  readonly version: number;
  readonly build_status: BuildStatus;
  readonly buckets: number;
  readonly goal_epoch: number | null;
  readonly goal_transaction: string | null;
  readonly goal_position: string | null;
  readonly start_position: string | null;
  readonly began_at: Date;
  readonly ended_at: Date | null;
  readonly elapsed: number;
  readonly share: string | null;
}

/** One filling of a projection's tables, with its shares. */
export interface BuildState {
  readonly projection: string;
  readonly lifecycle: Lifecycle;
  readonly tenants: ProjectionTenants;
  readonly build: number;
  readonly version: number;
  readonly status: BuildStatus;
  /** How many buckets the tenants are divided into. */
  readonly buckets: number;
  readonly shares: readonly ShareState[];
  readonly progress: RebuildProgress;
}

const selectBuilds = (wanted: string): string => `
  select s.*, b.projection, b.build, p.lifecycle, b.version, b.status as build_status, b.shares as buckets, b.tenants,
         b.goal_epoch, b.goal_transaction, b.goal_position, b.start_position, b.began_at, b.ended_at,
         extract(epoch from coalesce(b.ended_at, b.served_at, clock_timestamp()) - b.began_at)::float8 as elapsed
    from acci.projection_builds as b
    join acci.projections as p on p.name = b.projection
    left join acci.projection_shares as s on (s.projection, s.build) = (b.projection, b.build)
   where ${wanted}
   order by b.projection, b.build, s.of_tenant nulls first, s.share::text collate "C"`;

const readLive = prepared(selectBuilds(`b.status in ('filling', 'serving')`));
const readBuild = prepared(selectBuilds('b.projection = $1 and b.build = $2'));

/** The builds that serve and those that are being filled, of all projections. */
export async function liveBuilds(database: Database): Promise<BuildState[]> {
  return toBuilds(
    await database.queryAsSystem<StatusRow & Record<string, unknown>>('read projections', readLive),
  );
}

/** One build, whatever became of it; undefined if there was none. */
export async function buildOf(
  database: Database,
  projection: string,
  build: number,
): Promise<BuildState | undefined> {
  const values = [projection, build];
  return toBuilds(
    await database.queryAsSystem<StatusRow & Record<string, unknown>>('read a build', readBuild, values),
  )[0];
}

/** Which of a projection's builds are read: those that serve, the newest version last; else the one under way. */
export function servingOf(builds: readonly BuildState[]): BuildState | undefined {
  const ranked = builds.toSorted(
    (a, b) =>
      Number(a.status === 'serving') - Number(b.status === 'serving') ||
      a.version - b.version ||
      a.build - b.build,
  );
  return ranked.at(-1);
}

/** The build that a program of some version reads: its own version's if that serves, else whatever does. */
export function readFrom(
  builds: readonly BuildState[],
  name: string,
  version: number | undefined,
): BuildState | undefined {
  const own = builds.filter(({ projection }) => projection === name);
  return own.findLast((build) => build.status === 'serving' && build.version === version) ?? servingOf(own);
}

/** The status of a projection from its live builds. */
export function toStatus(
  builds: readonly BuildState[],
  { events, seconds }: Pick<ProjectionLag, 'events' | 'seconds'>,
  chosenTenants = 0,
): ProjectionStatus | undefined {
  const current = servingOf(builds);
  if (!current) return undefined;
  const { projection: name, lifecycle, tenants, version, build, shares } = current;
  const filling = builds.findLast(({ status }) => status === 'filling');
  return {
    name,
    lifecycle,
    tenants,
    chosenTenants: tenants === 'chosen' ? chosenTenants : undefined,
    version,
    build,
    status: conditionOf(
      builds.flatMap((each) => each.shares),
      filling !== undefined,
    ),
    checkpoint: leastCheckpoint(shares),
    lag: { events, seconds },
    shares,
    rebuild: filling?.progress,
  };
}

function toBuilds(rows: readonly StatusRow[]): BuildState[] {
  const byBuild = Map.groupBy(rows, ({ projection, build }) => `${projection} ${build}`);
  return [...byBuild.values()].map((own) => {
    const row = own[0] as StatusRow;
    const shares = own.filter((each): each is StatusRow & ShareRow => each.share !== null).map(toShareState);
    const { projection, lifecycle, tenants, build, version, build_status: status, buckets } = row;
    return {
      projection,
      lifecycle,
      tenants,
      build,
      version,
      status,
      buckets,
      shares,
      progress: progressOf(row, shares),
    };
  });
}

/** Positions are numbered without many gaps, so they stand for events. */
function progressOf(row: StatusRow, shares: readonly ShareState[]): RebuildProgress {
  const { build, version, build_status: status, began_at: beganAt, ended_at: endedAt, elapsed } = row;
  const goal = checkpointOf({
    epoch: row.goal_epoch,
    transaction: row.goal_transaction,
    position: row.goal_position,
  });
  const start = Number(row.start_position ?? 0);
  const events = goal ? Math.max(Number(goal.position) - start, 0) : 0;
  const counted = shares.filter((share) => share.status !== 'off');
  const passed = counted.map(({ checkpoint }) =>
    Math.min(Math.max(Number(checkpoint?.position ?? 0) - start, 0), events),
  );
  const average = passed.length > 0 ? passed.reduce((sum, each) => sum + each, 0) / passed.length : 0;
  const done = status === 'serving' || status === 'retired' ? 1 : events === 0 ? 0 : average / events;
  const eventsPerSecond = elapsed > 0 ? (done * events) / elapsed : 0;
  const secondsLeft = eventsPerSecond > 0 ? ((1 - done) * events) / eventsPerSecond : undefined;
  return {
    build,
    version,
    status,
    done,
    eventsPerSecond,
    secondsLeft,
    beganAt,
    endedAt: endedAt ?? undefined,
    shares,
  };
}
