import { prepared, type Database } from '@acci/database';
import type { ProjectionCondition } from './projection-state.js';

/** How far a projection is behind the log. An inline one never is. */
export interface ProjectionLag {
  readonly name: string;
  readonly status: ProjectionCondition;
  /** Events in the log after the checkpoint, of any type; counted up to {@link lagLimit}. */
  readonly events: number;
  /** The age of the first of them, in seconds; 0 if there is none. */
  readonly seconds: number;
}

/** What an open transaction, anywhere in the cluster, keeps from being read in order. */
export interface Horizon {
  /** Committed events that no asynchronous projection can see yet; counted up to {@link lagLimit}. */
  readonly events: number;
  /** The age of the first of them, in seconds; 0 if there is none. It grows for as long as that transaction is open. */
  readonly seconds: number;
  /** The oldest transaction that is open. */
  readonly transaction: bigint;
}

/** The most events that are counted: what a gauge needs to show, at a cost that does not grow with the log. */
export const lagLimit = 10_000;

const ahead = (after: string): string => `
  left join lateral (
    select count(*)::int as events,
           coalesce(greatest(extract(epoch from clock_timestamp() - min(recorded_at)), 0), 0)::float8 as seconds
      from (select recorded_at from acci.event_log where ${after} order by epoch, transaction, position limit ${lagLimit})
  ) as ahead`;

const readLag = prepared(`
  select p.name,
         case when p.status = 'running' and p.rebuilding then 'rebuilding' else p.status end as status,
         coalesce(ahead.events, 0) as events, coalesce(ahead.seconds, 0) as seconds
    from acci.projections as p
    ${ahead(`(epoch, transaction, position)
              > (coalesce(p.epoch, 0), coalesce(p.transaction, '0'), coalesce(p.position, 0))`)} on p.lifecycle = 'async'
   order by p.name`);

const readHorizon = prepared(`
  select ahead.events, ahead.seconds, open.transaction::text as transaction
    from (select pg_snapshot_xmin(pg_current_snapshot()) as transaction) as open
    ${ahead('(epoch, transaction) >= ((select acci.current_epoch()), open.transaction)')} on true`);

/** The lag of every projection that the database knows. */
export async function lagOf(database: Database): Promise<ProjectionLag[]> {
  return database.queryAsSystem<ProjectionLag & Record<string, unknown>>('measure projection lag', readLag);
}

/** What is committed but not settled. */
export async function horizonOf(database: Database): Promise<Horizon> {
  const [row] = await database.queryAsSystem<{ events: number; seconds: number; transaction: string }>(
    'measure the horizon',
    readHorizon,
  );
  const { events = 0, seconds = 0, transaction = '0' } = row ?? {};
  return { events, seconds, transaction: BigInt(transaction) };
}
