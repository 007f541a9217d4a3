import type { OwnerQuery } from '@acci/database';

/**
 * The timeline that this server writes. The control file would tell it only after the first checkpoint, which may be
 * minutes after the promotion. Fails on a replica, which writes none.
 */
const timelineHere = `('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int`;

/**
 * Begins a new epoch of the event log if it finds itself in another cluster than before: after a restore or a move,
 * and on the first start. The transaction ids of the events so far mean nothing here, so all of them are declared
 * settled, and whatever is appended from now on comes after them.
 *
 * A replica that is promoted stays in its cluster and begins a new timeline, and with each of those a new epoch begins
 * by itself, whether the application is started anew or left running.
 *
 * Hand it to `migrate` as `afterMigrate`, so that it runs at each start, as the owner and under the migration lock.
 *
 * @example
 * await migrate({ ownerUrl, migrations, afterMigrate: [eventStoreAfterMigrate] });
 */
export const eventStoreAfterMigrate = async (query: OwnerQuery): Promise<void> => {
  const [here] = (await query(readClusters)) as unknown as [Clusters];
  if (here.newest_cluster === here.cluster && (here.newest_timeline ?? 0) <= here.timeline) return;

  // Locks out all appends till the commit: none may be under way in the old epoch when readers call it settled.
  // FORCE is lifted only while nobody else can look: the owner must see all tenants' events to find the last.
  await query('alter table acci.events no force row level security');
  const [log] = (await query(readLog)) as unknown as [Log];
  await query('alter table acci.events force row level security');

  const epoch = Math.max(here.newest_epoch, log.epoch) + 1;
  await query('insert into acci.event_epochs (epoch, system_identifier, timeline) values ($1, $2, $3)', [
    epoch,
    here.cluster,
    here.timeline,
  ]);
  await query(epochDefault({ epoch, cluster: here.cluster, timeline: here.timeline }));
  await query(`select setval(pg_get_serial_sequence('acci.events', 'position'), $1, false)`, [
    log.next_position,
  ]);
};

/** An epoch that was begun, and where. */
export interface BegunEpoch {
  readonly epoch: number;
  /** The cluster's system identifier. */
  readonly cluster: string;
  readonly timeline: number;
}

/**
 * The statement that gives events their epoch: the one begun last, and one more for each timeline since.
 *
 * A promoted replica hands out again the transaction ids of what the old primary had not passed on. Who has seen such
 * an event would take a new one for old, were it not of a later epoch.
 *
 * The default is null in any other cluster: an append there fails on NOT NULL instead of writing an event that
 * readers would order before those they have seen. (DDL takes no parameters; all of them are integers.)
 */
export function epochDefault({ epoch, cluster, timeline }: BegunEpoch): string {
  return `
    alter table acci.events alter column epoch set default
      case when (pg_control_system()).system_identifier = ${BigInt(cluster)}
           then ${epoch - timeline} + ${timelineHere} end`;
}

/**
 * The epoch that this server is in. A replica goes by its control file, which may not know yet of a timeline that it
 * has begun to follow.
 */
export const createCurrentEpoch = `
  create or replace function acci.current_epoch() returns int language plpgsql stable as $$
  declare newest acci.event_epochs;
  begin
    select * into newest from acci.event_epochs order by epoch desc limit 1;
    if newest.system_identifier is distinct from (pg_control_system()).system_identifier then
      raise exception 'the event log has not been adopted by this cluster' using errcode = 'STALE';
    end if;
    if pg_is_in_recovery() then
      return newest.epoch - newest.timeline
        + greatest((pg_control_checkpoint()).timeline_id, (pg_control_recovery()).min_recovery_end_timeline);
    end if;
    return newest.epoch - newest.timeline + ${timelineHere};
  end $$`;

interface Clusters {
  readonly cluster: string;
  readonly timeline: number;
  readonly newest_cluster: string | null;
  readonly newest_timeline: number | null;
  readonly newest_epoch: number;
}

const readClusters = `
  select (pg_control_system()).system_identifier as cluster,
         ${timelineHere} as timeline,
         newest.system_identifier as newest_cluster,
         newest.timeline as newest_timeline,
         coalesce(newest.epoch, 0) as newest_epoch
    from (select) as one
    left join lateral (select * from acci.event_epochs order by epoch desc limit 1) as newest on true`;

interface Log {
  readonly epoch: number;
  readonly next_position: string;
}

// The sequence may be behind (rows were copied) or ahead (its numbers were used by what never committed).
const readLog = `
  select coalesce(max(epoch), 0) as epoch,
         greatest(coalesce(max(position), 0) + 1,
                  (select last_value + is_called::int from acci.events_position_seq)) as next_position
    from acci.events`;
