import { prepared } from '@acci/database';

const eventColumns = `tenant_id, stream_type, stream_id, metadata, recorded_at, version, event_id, type, schema_version, data`;

/** An append of one event, as most are. The primary key refuses a version that is there already. */
export const insertEvent = prepared(`
  insert into acci.events (${eventColumns})
  values ($1, $2, $3, $4, $5, $6::int + 1, $7, $8, $9, $10)
  returning epoch, transaction, position`);

/** An append of several events in one statement; for one alone it takes the server a third longer. */
export const insertEvents = prepared(`
  insert into acci.events (${eventColumns})
  select $1::uuid, $2::text, $3::text, $4::json, $5::timestamptz,
         $6::int + event.number, event.id, event.type, event.schema_version, event.data
    from unnest($7::uuid[], $8::text[], $9::int[], $10::json[])
         with ordinality as event (id, type, schema_version, data, number)
  returning epoch, transaction, position`);

/** Appends to several streams of a tenant, in one statement; the events of a stream follow one another. */
export const insertStreams = prepared(`
  insert into acci.events (${eventColumns})
  select $1::uuid, event.stream_type, event.stream_id, event.metadata, event.recorded_at,
         event.version, event.id, event.type, event.schema_version, event.data
    from unnest($2::text[], $3::text[], $4::json[], $5::timestamptz[], $6::int[], $7::uuid[], $8::text[], $9::int[],
                $10::json[])
         as event (stream_type, stream_id, metadata, recorded_at, version, id, type, schema_version, data)
  returning epoch, transaction, position`);

/** Fails if the last event of the stream stands in the log behind what this transaction will append. */
export const keepStreamOrder = prepared('select acci.keep_stream_order($1, $2, $3)');

export const releaseClaims = prepared(`
  delete from acci.unique_claims as held
   using unnest($3::text[], $4::text[]) as released (scope, value)
   where held.tenant_id = $1::uuid and held.stream_id = $2::text
     and held.scope = released.scope and held.value = released.value`);

/** Claims values for a stream. What the stream holds already stays; what another one holds raises TAKEN. */
export const takeClaims = prepared(`
  insert into acci.unique_claims as held (tenant_id, scope, value, stream_id)
  select $1::uuid, claim.scope, claim.value, $2::text from unnest($3::text[], $4::text[]) as claim (scope, value)
  on conflict (tenant_id, scope, value) do update
     set stream_id = case when held.stream_id = excluded.stream_id then held.stream_id
                          else acci.claim_taken((select claim.number
                                                   from unnest($3::text[], $4::text[])
                                                        with ordinality as claim (scope, value, number)
                                                  where claim.scope = excluded.scope
                                                    and claim.value = excluded.value)) end`);

/** What replaying a stream needs, and nothing more. */
export const selectStream = prepared(`
  select type, schema_version, data
    from acci.events
   where tenant_id = $1::uuid and stream_id = $3::text and stream_type = $2::text
   order by version`);

const recordedColumns = `epoch, transaction, position, tenant_id, stream_type, stream_id, version, event_id, type,
         schema_version, data, metadata, recorded_at`;

export const selectRecordedStream = prepared(`
  select ${recordedColumns}
    from acci.events
   where tenant_id = $1::uuid and stream_id = $3::text and stream_type = $2::text and version >= $4::int
   order by version
   limit $5::int`);

// Settled: written in an earlier epoch, or by a transaction that ended before every one that is still open. No
// event can appear before a settled one any more. As a row comparison both bounds are one range of the index.
const settled = `(epoch, transaction) < ((select acci.current_epoch()), pg_snapshot_xmin(pg_current_snapshot()))`;

const logWhere = (condition: string) =>
  prepared(`
  select ${recordedColumns}
    from acci.events
   where (epoch, transaction, position) > ($1::int, $2::xid8, $3::bigint) and ${condition}
     and ($4::text[] is null or type = any ($4::text[]))
     and ($5::uuid is null or tenant_id = $5::uuid)
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
  select coalesce((select (epoch, transaction) < ((select acci.current_epoch()), pg_snapshot_xmax(pg_current_snapshot()))
                     from acci.events
                    order by epoch desc, transaction desc, position desc
                    limit 1), (select acci.current_epoch()) > 0) as sane`);
