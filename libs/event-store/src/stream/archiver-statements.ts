import { prepared } from '@acci/database';

/** The next streams to archive after the one named, or the first ones. */
export const selectStreamsToArchive = prepared(`
  select tenant_id, stream_id from acci.streams_to_archive
   where $1::uuid is null or (tenant_id, stream_id) > ($1::uuid, $2::text)
   order by tenant_id, stream_id
   limit $3::int`);

/**
 * Locks the request until the transaction ends; no row if somebody else has it, or it is done.
 *
 * `ended` tells whether every statement that runs can see that the stream has ended. One that cannot might append to it
 * where an event has just been moved away. Such statements end within the time-outs of the database. An autovacuum does
 * not; but it never appends, and is told by having no user.
 */
export const lockRequest = `
  select request.version,
         last.epoch < acci.current_epoch() or not exists (
           select from pg_stat_activity
            where datname = current_database() and usesysid is not null
              and age(backend_xmin) >= age(last.transaction::xid)
         ) as ended
    from acci.streams_to_archive as request
    join acci.events as last
      on last.tenant_id = request.tenant_id and last.stream_id = request.stream_id and last.version = request.version
   where request.tenant_id = $1::uuid and request.stream_id = $2::text
     for update of request skip locked`;

/** Copies the next events, in the order of the stream; returns how many there were, and the last one's version. */
export const copyEvents = `
  with portion as (
    select * from acci.events
     where tenant_id = $1::uuid and stream_id = $2::text and version < $3::int
     order by version
     limit $4::int
  ), copied as (
    insert into acci.archived_events select * from portion on conflict (tenant_id, stream_id, version) do nothing
  )
  select count(*)::int as events, max(version) as through from portion`;

/** Takes what was copied out of the way. A trigger refuses whatever has no identical copy in the archive. */
export const removeEvents = `
  delete from acci.events where tenant_id = $1::uuid and stream_id = $2::text and version <= $3::int`;

/** Nobody decides on an archived stream, so nobody needs it fast. */
export const removeSnapshot = `delete from acci.snapshots where tenant_id = $1::uuid and stream_id = $2::text`;

export const removeRequest = `delete from acci.streams_to_archive where tenant_id = $1::uuid and stream_id = $2::text`;
