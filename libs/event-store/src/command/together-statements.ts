import { prepared } from '@acci/database';
import { epochOnce, versionBefore } from '../store/statements.js';

/**
 * Appends to several streams, and tags what is tagged, in one statement. As in an append to one stream the version
 * follows the expected one, or is one that is refused.
 */
export const insertTogether = prepared(`
  with appended as (
    insert into acci.events (epoch, tenant_id, metadata, stream_type, stream_id, version, recorded_at, event_id, type,
                             schema_version, data)
    select ${epochOnce}, $1::uuid, $2::json, event.stream_type, event.stream_id,
           ${versionBefore('event.stream_id', 'event.expected')} + event.number,
           event.recorded_at, event.id, event.type, event.schema_version, event.data
      from unnest($3::text[], $4::text[], $5::int[], $6::int[], $7::timestamptz[], $8::uuid[], $9::text[], $10::int[],
                  $11::json[])
           with ordinality
           as event (stream_type, stream_id, expected, number, recorded_at, id, type, schema_version, data, place)
     order by event.place
    returning epoch, transaction, position, tenant_id, stream_id, version, event_id, type),
  tagged as (
    insert into acci.event_tags (tenant_id, tag, epoch, transaction, position, stream_id, version, type)
    select tenant_id, tagged.tag, epoch, transaction, position, stream_id, version, type
      from unnest($12::uuid[], $13::text[]) as tagged (of_event, tag)
      join appended on event_id = tagged.of_event)
  select epoch, transaction, position from appended order by position`);
