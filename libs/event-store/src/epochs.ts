import type { OwnerQuery } from '@acci/database';

/**
 * Begins a new epoch of the event log if it finds itself in another cluster than before: after a restore or a move,
 * on the first start, and when a replica was promoted. The transaction ids of the events so far mean nothing here,
 * so all of them are declared settled, and whatever is appended from now on comes after them.
 *
 * Hand it to `migrate` as `afterMigrate`, so that it runs at each start, as the owner and under the migration lock.
 *
 * @example
 * await migrate({ ownerUrl, migrations, afterMigrate: [eventStoreAfterMigrate] });
 */
export const eventStoreAfterMigrate = async (query: OwnerQuery): Promise<void> => {
  const [here] = (await query(readClusters)) as unknown as [Clusters];
  if (here.newest_cluster === here.cluster && here.newest_timeline === here.timeline) return;

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
  // A default that is null in any other cluster: an append there fails on NOT NULL instead of writing an event
  // that readers would order before those they have seen. (DDL takes no parameters; both are integers.)
  await query(
    `alter table acci.events alter column epoch set default
       case when (pg_control_system()).system_identifier = ${BigInt(here.cluster)} then ${epoch} end`,
  );
  await query(`select setval(pg_get_serial_sequence('acci.events', 'position'), $1, false)`, [
    log.next_position,
  ]);
};

interface Clusters {
  readonly cluster: string;
  readonly timeline: number;
  readonly newest_cluster: string | null;
  readonly newest_timeline: number | null;
  readonly newest_epoch: number;
}

const readClusters = `
  select (pg_control_system()).system_identifier as cluster,
         (pg_control_checkpoint()).timeline_id as timeline,
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
