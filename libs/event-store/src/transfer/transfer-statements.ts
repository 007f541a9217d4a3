import { prepared } from '@acci/database';
import { sizedPage } from '../store/sized-page.js';
import { behind, recordedColumns } from '../store/statements.js';
import { StreamArchivedEvent } from '../stream/archived.js';

/** A moment in the life of the log: what had been committed then can be told at any time later. */
export interface Moment {
  readonly epoch: number;
  readonly snapshot: string;
}

export const selectMoment = prepared(
  'select acci.current_epoch() as epoch, pg_current_snapshot()::text as snapshot',
);

/**
 * The next of a tenant's events that had been committed at a moment: 1,000, or as many as have 4 MiB of data. Not
 * prepared, as a plan for every tenant would suit none.
 */
export const selectTenantPage = sizedPage(
  `
    select ${recordedColumns}
      from acci.event_log
     where tenant_id = $1::uuid and ${behind('$2', '$3', '$4')}
       and (epoch < $5::int or (epoch = $5::int and pg_visible_in_snapshot(transaction, $6::pg_snapshot)))
     order by epoch, transaction, position
     limit 1000`,
  'epoch, transaction, position',
);

/** One import into a tenant at a time. The class, a space of locks apart, spells "acin". */
const importLocks = 0x6163696e;
export const lockImport = prepared(`select pg_advisory_xact_lock(${importLocks}, hashtext($1::uuid::text))`);

export const selectHasEvents = prepared(
  'select exists (select from acci.event_log where tenant_id = $1::uuid) as full',
);

/** Events of any streams of a tenant, in the order given; they get their places in the log in that order. */
export const insertTransferred = prepared(`
  insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data,
                           metadata, recorded_at)
  select $1::uuid, event.stream_type, event.stream_id, event.version, event.id, event.type, event.schema_version,
         event.data, event.metadata, event.recorded_at
    from unnest($2::text[], $3::text[], $4::int[], $5::uuid[], $6::text[], $7::int[], $8::json[], $9::json[],
                $10::timestamptz[])
         with ordinality as event (stream_type, stream_id, version, id, type, schema_version, data, metadata,
                                   recorded_at, number)
   order by event.number
  returning epoch, transaction, position`);

export const releaseTransferredClaims = prepared(`
  delete from acci.unique_claims as held
   using unnest($2::text[], $3::text[], $4::text[]) as released (scope, value, stream_id)
   where held.tenant_id = $1::uuid and held.scope = released.scope and held.value = released.value
     and held.stream_id = released.stream_id`);

/** What it does not return is held by another stream. */
export const takeTransferredClaims = prepared(`
  insert into acci.unique_claims as held (tenant_id, scope, value, stream_id, subject)
  select $1::uuid, claim.scope, claim.value, claim.stream_id, claim.subject
    from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as claim (scope, value, stream_id, subject)
  on conflict (tenant_id, scope, value) do update set stream_id = held.stream_id
   where held.stream_id = excluded.stream_id
  returning scope, value, stream_id as "streamId"`);

/** Archived streams are imported with all their events, which then leave the hot table as they did before. */
export const requestArchival = prepared(`
  insert into acci.streams_to_archive (tenant_id, stream_id, version)
  select tenant_id, stream_id, version from acci.events
   where tenant_id = $1::uuid and type = '${StreamArchivedEvent.type}'
  on conflict do nothing`);

/** An event that was committed by somebody else since the import began. */
export const selectOtherEvent = prepared(`
  select event_id from acci.events where tenant_id = $1::uuid and transaction <> pg_current_xact_id() limit 1`);

/** A stream whose events are not numbered without gaps in the order of the log, are of several types, or go on after its end. */
export const selectBrokenStream = prepared(`
  select stream_id
    from (select stream_id, version, stream_type, position, lag(type) over stream as event_before,
                 lag(version, 1, 0) over stream as version_before,
                 lag(position) over stream as position_before,
                 lag(stream_type) over stream as type_before
            from acci.events
           where tenant_id = $1::uuid
          window stream as (partition by stream_id order by version)) as events
   where version <> version_before + 1 or position < position_before or stream_type <> type_before
      or event_before = '${StreamArchivedEvent.type}'
   limit 1`);

export const selectDoubledEvent = prepared(`
  select event_id from acci.events where tenant_id = $1::uuid group by event_id having count(*) > 1 limit 1`);
