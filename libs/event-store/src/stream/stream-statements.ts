import { prepared, type PreparedStatement } from '@acci/database';
import { recordedColumns } from '../store/statements.js';

/** No stream gets this far: the column is an integer. */
export const lastVersion = 2 ** 31 - 1;

const ofStream = `tenant_id = $1::uuid and stream_id = $3::text and stream_type = $2::text`;

/** What replaying a stream needs, and nothing more. Of an archived stream it may find as little as its last event. */
export const selectStream = prepared(`
  select type, schema_version, data
    from acci.events
   where ${ofStream}
   order by version`);

/**
 * A stream's snapshot, as a row without a type whose schema version is the stream's, and the events after it; all events
 * if there is no snapshot that fits. It fits if the last event that is in it stands in the log where it stood.
 *
 * The last event is looked up in a subquery, and not joined: where the statistics do not know yet how long a stream has
 * become, the planner would go through all of it. Both bounds are as the planner likes them. Without an upper one it expects a third of the stream, and may rather read
 * the whole table; and a COALESCE outside a subquery is no condition for an index under row-level security.
 */
export const selectStreamFromSnapshot = prepared(`
  with snapshot as materialized (
    select taken.version, taken.state
      from acci.snapshots as taken
     where taken.tenant_id = $1::uuid and taken.stream_id = $3::text and taken.stream_type = $2::text
       and taken.schema_version = $4::int
       and taken.event_id = (select last.event_id from acci.events as last
                              where last.tenant_id = $1::uuid and last.stream_id = $3::text
                                and last.version = taken.version)
  )
  select type, schema_version, data
    from (
      select version, null as type, version as schema_version, state as data from snapshot
      union all
      select version, type, schema_version, data
        from acci.events
       where ${ofStream} and version between (select coalesce(max(version), 0) + 1 from snapshot) and ${lastVersion}
    ) as stream
   order by version`);

/** A stream as it once was: through a version, and before the first event that was recorded after a time. */
export const selectPastStream = prepared(`
  select type, schema_version, data
    from acci.event_log
   where ${ofStream} and version <= $4::int
     and version < (select coalesce(min(version), ${lastVersion})
                      from acci.event_log
                     where ${ofStream} and recorded_at > $5::timestamptz)
   order by version`);

const recordedStream = (condition: string, order: string): PreparedStatement =>
  prepared(`
  select ${recordedColumns}
    from acci.event_log
   where ${ofStream} and ${condition}
   order by version ${order}
   limit $5::int`);

/** A part of a stream, from a version on in either direction. */
export const selectRecordedStream = {
  forwards: recordedStream('version >= $4::int', 'asc'),
  backwards: recordedStream('version <= $4::int', 'desc'),
};

/** The last event of a stream. */
export const selectLastEvent = prepared(`
  select version, type, epoch, transaction, position
    from acci.events
   where ${ofStream}
   order by version desc
   limit 1`);

/**
 * Keeps a snapshot, unless the one that is there is newer and fits. Nothing is kept of a version that does not stand in
 * the log: that of a transaction that was undone, or of a tenant that was erased.
 */
export const keepSnapshot = prepared(`
  insert into acci.snapshots as known (tenant_id, stream_id, stream_type, version, event_id, schema_version, state)
  select tenant_id, stream_id, stream_type, version, event_id, $5::int, $6::json
    from acci.events
   where ${ofStream} and version = $4::int
  on conflict (tenant_id, stream_id) do update
     set stream_type = excluded.stream_type, version = excluded.version, event_id = excluded.event_id,
         schema_version = excluded.schema_version, state = excluded.state, taken_at = clock_timestamp()
   where known.version < excluded.version or known.schema_version <> excluded.schema_version
      or not exists (select from acci.events as last
                      where last.tenant_id = known.tenant_id and last.stream_id = known.stream_id
                        and last.version = known.version and last.event_id = known.event_id)`);
