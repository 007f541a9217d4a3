import { prepared, type Database } from '@acci/database';
import type { ProjectionCondition } from './projection-state.js';

/** How far a projection is behind the log. An inline one never is. */
export interface ProjectionLag {
  readonly name: string;
  readonly status: ProjectionCondition;
  /** Events in the log after the checkpoint, of any type and tenant; counted up to {@link lagLimit}. */
  readonly events: number;
  /** The age of the first of them, in seconds; 0 if there is none. */
  readonly seconds: number;
}

/** The most events that are counted: what a gauge needs to show, at a cost that does not grow with the log. */
export const lagLimit = 10_000;

/** Joins what the log holds after a place: how many events, and the age of the first of them. */
export const ahead = (after: string): string => `
  left join lateral (
    select count(*)::int as events,
           coalesce(greatest(extract(epoch from clock_timestamp() - min(recorded_at)), 0), 0)::float8 as seconds
      from (select recorded_at from acci.event_log where ${after} order by epoch, transaction, position limit ${lagLimit})
  ) as ahead`;

// Of the build that is read: the one that serves, or the first that will.
const readLag = prepared(`
  with current as (
    select distinct on (projection) projection, build,
           bool_or(status = 'filling') over (partition by projection) as filling
      from acci.projection_builds where status in ('filling', 'serving')
     order by projection, status = 'serving' desc, version desc, build desc),
  least as (
    select distinct on (projection) projection, epoch, transaction, position,
           bool_or(status = 'halted') over (partition by projection) as halted,
           bool_or(status = 'paused') over (partition by projection) as paused
      from acci.projection_shares join current using (projection, build)
     where status <> 'off'
     order by projection, epoch nulls first, transaction, position)
  select p.name,
         case when least.halted then 'halted' when least.paused then 'paused'
              when current.filling then 'rebuilding' else 'running' end as status,
         coalesce(ahead.events, 0) as events, coalesce(ahead.seconds, 0) as seconds
    from acci.projections as p
    left join current on current.projection = p.name
    left join least on least.projection = p.name
    ${ahead(`(epoch, transaction, position)
              > (coalesce(least.epoch, 0), coalesce(least.transaction, '0'), coalesce(least.position, 0))`)}
      on p.lifecycle = 'async'
   order by p.name`);

/** The lag of every projection that the database knows. */
export async function lagOf(database: Database): Promise<ProjectionLag[]> {
  return database.queryAsSystem<ProjectionLag & Record<string, unknown>>('measure projection lag', readLag);
}
