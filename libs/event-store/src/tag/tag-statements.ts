import { prepared } from '@acci/database';
import { recordedColumns } from '../store/statements.js';

const wanted = `json_to_recordset($2::json) as wanted (tag text, more text[], types text[])`;

/** True for an event that has all of these different tags: each of them is looked up for the event, and counted. */
const hasTags = (event: string, tags: string) => `
  cardinality(${tags}) = (
    select count(*) from acci.event_tags as other
     where other.tenant_id = $1::uuid and other.tag = any (${tags})
       and (other.epoch, other.transaction, other.position) = (${event}.epoch, ${event}.transaction, ${event}.position))`;

/**
 * The first events of each criteria, by its first tag. The order is that of the tag's index, so that it is used, from the
 * position on and up to the limit, however many events the planner expects.
 */
const tagged = (limit: string, condition = 'true') => `
  ${wanted}
  cross join lateral (
    select tagged.epoch, tagged.transaction, tagged.position, tagged.stream_id, tagged.version
      from acci.event_tags as tagged
     where tagged.tenant_id = $1::uuid and tagged.tag = wanted.tag
       and (tagged.epoch, tagged.transaction, tagged.position) > ($3::int, $4::xid8, $5::bigint)
       and (wanted.types is null or tagged.type = any (wanted.types))
       and ${hasTags('tagged', 'wanted.more')}
       and ${condition}
     order by tagged.epoch, tagged.transaction, tagged.position
     limit ${limit}) as event`;

// With each row, what the whole statement saw: which transactions had ended.
const seen = `(select pg_current_snapshot()::text) as snapshot, (select acci.current_epoch()) as snapshot_epoch`;

/** Events that fit criteria each of which has a tag. */
export const selectTagged = prepared(`
  with found (found_epoch, found_transaction, found_position, found_stream, found_version) as (
    select distinct event.*
      from ${tagged('$6::int')}
     order by 1, 2, 3
     limit $6::int)
  select ${recordedColumns}, ${seen}
    from found
    join acci.event_log on tenant_id = $1::uuid and stream_id = found_stream and version = found_version
   order by epoch, transaction, position`);

/** Events that fit criteria some of which have no tag: it looks at all events of the tenant. */
export const selectUntagged = prepared(`
  select ${recordedColumns}, ${seen}
    from acci.event_log as event
   where tenant_id = $1::uuid and (epoch, transaction, position) > ($3::int, $4::xid8, $5::bigint)
     and exists (select from ${wanted}
                  where (wanted.types is null or event.type = any (wanted.types))
                    and ${hasTags('event', 'array_remove(wanted.more || wanted.tag, null)')})
   order by epoch, transaction, position
   limit $6::int`);

/**
 * Takes the locks of tags until the transaction ends, in the order given, which must be the same for everybody. Each
 * append of a tagged event shares the locks of its tags; one with a condition has those of the condition alone.
 */
export const lockTags = prepared(`
  select case when alone then pg_advisory_xact_lock(key)::text else pg_advisory_xact_lock_shared(key)::text end
    from unnest($1::bigint[], $2::boolean[]) as lock (key, alone)`);

/**
 * Under the locks: fails if an event with one of the tags stands in the log behind what this transaction will append.
 * As a serialization failure it makes the transaction begin anew, under a new id.
 */
export const keepTagOrder = prepared(`
  select acci.refuse_append('40001', 'an event with one of these tags is in a later transaction')
   where exists (
     select from unnest($2::text[]) as ours (tag)
      cross join lateral (
        select from acci.event_tags as tagged
         where tagged.tenant_id = $1::uuid and tagged.tag = ours.tag
           and (tagged.epoch, tagged.transaction)
               > ((select acci.current_epoch()), (select pg_current_xact_id_if_assigned()))
         order by tagged.epoch, tagged.transaction, tagged.position
         limit 1))`);

/** Behind what was read, or committed after the reading; what this very transaction wrote meanwhile is no news. */
const news = `(
       (tagged.epoch, tagged.transaction, tagged.position) > ($6::int, $7::xid8, $8::bigint)
       or (tagged.epoch = $9::int
           and not pg_visible_in_snapshot(tagged.transaction, $10::pg_snapshot)
           and tagged.transaction is distinct from pg_current_xact_id_if_assigned()))`;

/**
 * Under the locks: raises NEWER if an event fits that the decision did not know of. The range begins where the first of such
 * events may stand.
 */
export const refuseIfNewer = prepared(`
  select case
    when current_setting('transaction_isolation') <> 'read committed' then
      acci.refuse_append('25000', 'an append with a condition must see what was committed meanwhile: READ COMMITTED')
    when exists (
      select from ${tagged('1', news)}
    ) then acci.refuse_append('NEWER', 'an event that fits the condition was appended meanwhile') end`);

/** Adds the tags of events that are stored, by their ids: what an import does. Doing it again changes nothing. */
export const insertTags = prepared(`
  insert into acci.event_tags (tenant_id, tag, epoch, transaction, position, stream_id, version, type)
  select tenant_id, tagged.tag, epoch, transaction, position, stream_id, version, type
    from unnest($2::text[], $3::int[], $4::text[]) as tagged (of_stream, of_version, tag)
    join acci.event_log on tenant_id = $1::uuid and stream_id = tagged.of_stream and version = tagged.of_version
  on conflict do nothing`);
