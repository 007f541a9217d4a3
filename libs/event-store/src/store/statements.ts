import { prepared } from '@acci/database';

const eventColumns = `tenant_id, stream_type, stream_id, metadata, recorded_at, version, event_id, type, schema_version, data`;

/**
 * The version that an append begins behind: the expected one. Where the stream has gone further, its last event's
 * predecessor, so that the primary key refuses. The key alone would not do it: of an archived stream only the last event
 * stands in this table, and whoever expects an earlier version would find his place free. Where the stream has not come so
 * far, null, which the column refuses: whoever saves on after a transaction that was undone must not leave a gap.
 */
export const versionBefore = (streamId: string, expected: string): string => `
  coalesce((select last.version - (last.version > ${expected})::int
              from acci.events as last
             where last.tenant_id = $1::uuid and last.stream_id = ${streamId} and last.version >= ${expected}
             order by last.version desc limit 1),
           case when ${expected} = 0 then 0 end)`;

/** An append of one event, as most are. The primary key refuses a version that is there already. */
export const insertEvent = prepared(`
  insert into acci.events (${eventColumns})
  values ($1, $2, $3, $4, $5, ${versionBefore('$3::text', '$6::int')} + 1, $7, $8, $9, $10)
  returning epoch, transaction, position`);

// The column's default would find it out anew for each row, and read a file of the server's each time.
export const epochOnce = '(select acci.current_epoch())';

/** An append of several events in one statement; for one alone it takes the server a third longer. */
export const insertEvents = prepared(`
  insert into acci.events (epoch, ${eventColumns})
  select ${epochOnce}, $1::uuid, $2::text, $3::text, $4::json, $5::timestamptz,
         ${versionBefore('$3::text', '$6::int')} + event.number, event.id, event.type, event.schema_version, event.data
    from unnest($7::uuid[], $8::text[], $9::int[], $10::json[])
         with ordinality as event (id, type, schema_version, data, number)
  returning epoch, transaction, position`);

/** Appends one event to each of several streams of a tenant, in one statement. */
export const insertStreams = prepared(`
  insert into acci.events (epoch, ${eventColumns})
  select ${epochOnce}, $1::uuid, event.stream_type, event.stream_id, event.metadata, event.recorded_at,
         ${versionBefore('event.stream_id', 'event.expected')} + 1, event.id, event.type, event.schema_version, event.data
    from unnest($2::text[], $3::text[], $4::json[], $5::timestamptz[], $6::int[], $7::uuid[], $8::text[], $9::int[],
                $10::json[])
         as event (stream_type, stream_id, metadata, recorded_at, expected, id, type, schema_version, data)
  returning epoch, transaction, position`);

export const recordedColumns = `epoch, transaction, position, tenant_id, stream_type, stream_id, version, event_id, type,
         schema_version, data, metadata, recorded_at`;

// On a replica nobody can say which epoch the log is in; there may be none after it.
const lastEpoch = `(select case when pg_is_in_recovery() then ${2 ** 31 - 1} else acci.current_epoch() end)`;

/** The epoch that began when this cluster got the log. Later ones count its timelines; transaction ids go on in them. */
export const clustersEpoch = '(select max(epoch) from acci.event_epochs)';

// Settled: written in another cluster, or by a transaction that ended before every one that is still open. No event
// can appear before a settled one any more. The first line is a range of the index, so that nobody goes through what is
// not settled yet. It is not enough where a replica was promoted between the look at what is there and the question
// which epoch it is; the second is.
export const settled = `(epoch, transaction) < (${lastEpoch}, pg_snapshot_xmin(pg_current_snapshot()))
         and (transaction < (select pg_snapshot_xmin(pg_current_snapshot())) or epoch < ${clustersEpoch})`;

/**
 * Behind a place in the log. Of a row comparison the planner estimates the first column alone, and of events in an epoch
 * later than the last one there are none: it would fetch all the rest of the log to sort it, for each page. What stands
 * in a subquery it does not look at.
 */
export const behind = (epoch: string, transaction: string, position: string): string =>
  `(epoch, transaction, position) > ((select ${epoch}::int), (select ${transaction}::xid8), (select ${position}::bigint))`;

// Of a share of the tenants the planner guesses that it has one row in two hundred, and fetches all the rest of the log, to
// sort what little that may be, for each page. Of a coalesce it guesses every second one, and reads along the index.
const logWhere = (condition: string) =>
  prepared(`
  select ${recordedColumns}
    from acci.event_log
   where ${behind('$1', '$2', '$3')} and ${condition}
     and ($4::text[] is null or type = any ($4::text[]))
     and ($5::uuid is null or tenant_id = $5::uuid)
     and coalesce(acci.share_of(tenant_id, $7::int) = $8::int, true)
     and ($9::uuid[] is null or tenant_id not in (select unnest($9::uuid[])))
     and ($10::uuid[] is null or tenant_id in (select unnest($10::uuid[])))
   order by epoch, transaction, position
   limit $6::int`);

export const selectLog = logWhere(settled);
export const selectCommittedLog = logWhere('true');

export const selectHead = prepared(`
  select epoch, transaction, position
    from acci.events
   where ${settled}
   order by epoch desc, transaction desc, position desc
   limit 1`);

/** False if the newest event claims a place that this cluster has not reached: rows were copied, epochs were not. */
export const selectLogIsSane = prepared(`
  select coalesce((select (epoch, transaction) < (${lastEpoch}, pg_snapshot_xmax(pg_current_snapshot()))
                     from acci.events
                    order by epoch desc, transaction desc, position desc
                    limit 1), (select acci.current_epoch()) > 0) as sane`);
