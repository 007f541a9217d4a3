import { prepared, type Database } from '@acci/database';
import { ahead } from './lag.js';

/** What an open transaction, anywhere in the cluster, keeps from being read in order, and who that is. */
export interface Horizon {
  /** Committed events that no asynchronous projection can see yet; counted up to `lagLimit`. */
  readonly events: number;
  /** The age of the first of them, in seconds; 0 if there is none. It grows for as long as that transaction is open. */
  readonly seconds: number;
  /** The oldest transaction that is open. */
  readonly transaction: bigint;
  /** Who has held something back for some time, the oldest first; at most 20. */
  readonly holders: readonly HorizonHolder[];
}

/** Something in the database cluster that holds the horizon back. */
export interface HorizonHolder {
  /** A transaction of a session; one that `PREPARE TRANSACTION` left to a coordinator; a replication slot. */
  readonly kind: 'transaction' | 'prepared' | 'replication_slot';
  /**
   * What waits for it. `log`: asynchronous projections and feeds, which read no event past it. `vacuum`: the removal
   * of dead rows and of write-ahead log; the disk fills up, but nobody reads late.
   */
  readonly holds: 'log' | 'vacuum';
  /** The server process of the session, or of who reads the slot; a prepared transaction has none. */
  readonly pid?: number;
  /** The identifier of the prepared transaction, or the name of the slot. */
  readonly name?: string;
  /** The role that began the transaction. */
  readonly user?: string;
  /** What the session calls itself: `application_name`. */
  readonly application?: string;
  /**
   * For how long, in seconds. PostgreSQL shows a role only its own sessions' times, and ours has no more rights than
   * it needs: of others' sessions this is the age of the first event that came after the transaction.
   */
  readonly ageSeconds: number;
}

/** How {@link horizonOf} asks. */
export interface HorizonQuestion {
  /** Holders younger than this, in seconds, are none: that is what every write looks like. Default 5. */
  readonly olderThanSeconds?: number;
}

const readHorizon = prepared(`
  select ahead.events, ahead.seconds, open.transaction::text as transaction
    from (select pg_snapshot_xmin(pg_current_snapshot()) as transaction) as open
    ${ahead('(epoch, transaction) >= ((select acci.current_epoch()), open.transaction)')} on true`);

// The catalogue counts transactions in 32 bits and the log in 64: what is missing is that of the newest one. A
// transaction that began after the snapshot would look like one of the last round, hence the half of a round.
const readHolders = prepared(`
  with held as (
    select 'transaction' as kind, 'log' as holds, pid, null as name, usename as "user",
           nullif(application_name, '') as application, backend_xid as xid, xact_start as since
      from pg_stat_activity where backend_xid is not null
    union all
    select 'prepared', 'log', null, gid, owner, null, transaction, prepared from pg_prepared_xacts
    union all
    select 'replication_slot', 'vacuum', active_pid, slot_name, null, null, coalesce(xmin, catalog_xmin), inactive_since
      from pg_replication_slots where invalidation_reason is null and (
       num_nonnulls(xmin, catalog_xmin) > 0 or not active and restart_lsn is not null)
  ), counted as (
    select held.*, newest, (newest - xid::text::bigint) & 4294967295 as distance
      from held, (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as newest) as snapshot
  ), aged as (
    select counted.*,
           coalesce(extract(epoch from clock_timestamp() - coalesce(since, passed.recorded_at)), 0)::float8 as age
      from counted
      left join lateral (
        select recorded_at from acci.event_log
         where since is null
           and (epoch, transaction) > ((select acci.current_epoch()), greatest(newest - distance, 0)::text::xid8)
         order by epoch, transaction, position limit 1
      ) as passed on true
     where distance is null or distance < 2147483648
  )
  select kind, holds, pid, name, "user", application, age from aged where age >= $1::float8 order by age desc limit 20`);

type HolderRow = { readonly [K in keyof Omit<HorizonHolder, 'ageSeconds'>]-?: HorizonHolder[K] | null } & {
  readonly kind: HorizonHolder['kind'];
  readonly holds: HorizonHolder['holds'];
  readonly age: number;
};

/** What is committed but not settled, and what holds it back. */
export async function horizonOf(
  database: Database,
  { olderThanSeconds = 5 }: HorizonQuestion = {},
): Promise<Horizon> {
  const [[row], holders] = await Promise.all([
    database.queryAsSystem<{ events: number; seconds: number; transaction: string }>(
      'measure the horizon',
      readHorizon,
    ),
    database.queryAsSystem<HolderRow>('find who holds the horizon', readHolders, [olderThanSeconds]),
  ]);
  const { events = 0, seconds = 0, transaction = '0' } = row ?? {};
  return { events, seconds, transaction: BigInt(transaction), holders: holders.map(toHolder) };
}

function toHolder({ kind, holds, pid, name, user, application, age }: HolderRow): HorizonHolder {
  return {
    kind,
    holds,
    ...(pid !== null && { pid }),
    ...(name !== null && { name }),
    ...(user !== null && { user }),
    ...(application !== null && { application }),
    ageSeconds: age,
  };
}
