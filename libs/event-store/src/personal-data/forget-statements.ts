import { prepared } from '@acci/database';

/**
 * Empties subjects' keys, or sees to it that there can never be one. No row: that was done before. It waits for
 * appends of the subjects' data that are under way, and those that come later wait for us.
 */
export const destroySubjectKeys = prepared(`
  insert into acci.subject_keys as key (tenant_id, subject)
  select $1::uuid, subject from unnest($2::text[]) as subject order by subject
  on conflict (tenant_id, subject) do update set tenant_key = null, wrapped = null where key.wrapped is not null
  returning subject`);

/** Before the key, as an append does it: two that wait for each other would wait for the server to notice. */
export const lockClaimsOfSubject = prepared(
  'select from acci.unique_claims where tenant_id = $1 and subject = $2 order by scope, value for update',
);

export const lockSubject = prepared(
  'select from acci.subject_keys where tenant_id = $1 and subject = $2 for update',
);

const streamsOfSubject = `(select $2::text as stream_id
                            union select stream_id from acci.subject_streams where tenant_id = $1 and subject = $2) as noted`;

const candidateColumns = ['epoch', 'transaction', 'position', 'stream_id', 'type', 'schema_version', 'data']
  .map((column) => `event.${column}`)
  .join(', ');

const wanted = `event.type = any ($3::text[])
       and (event.epoch, event.transaction, event.position) > ($4::int, $5::xid8, $6::bigint)`;

/**
 * Events that may have personal data of a subject. As `acci_system`, held to the tenant by the statement: under row-level
 * security PostgreSQL would not use the index on the metadata. Materialized: nor would it in the order of the log.
 */
export const selectEventsOfSubject = prepared(`
  with candidates as materialized (
    select ${candidateColumns} from acci.event_log as event
     where event.tenant_id = $1::uuid and event.metadata ->> 'subject' = $2::text and ${wanted}
     union all
    select ${candidateColumns} from ${streamsOfSubject}
      join acci.event_log as event on event.tenant_id = $1::uuid and event.stream_id = noted.stream_id
     where event.metadata ->> 'subject' is distinct from $2::text and ${wanted})
  select * from candidates
   order by epoch, transaction, position
   limit $7::int`);

export const releaseClaimsOfSubject = prepared(`
  with gone as (delete from acci.unique_claims where tenant_id = $1 and subject = $2 returning 1)
  select count(*)::int as count from gone`);

/** Snapshots are made anew from the events, and then without what is forgotten. */
export const deleteSnapshotsOfSubject = prepared(`
  with gone as (
    delete from acci.snapshots as snapshot
     where snapshot.tenant_id = $1
       and (snapshot.stream_id = any ($3::text[]) or snapshot.stream_id in (select stream_id from ${streamsOfSubject}))
    returning 1)
  select count(*)::int as count from gone`);

export const insertReceipt = prepared(`
  insert into acci.forgotten_subjects
         (tenant_id, id, subject, forgotten_at, forgotten_by, position, events, rows)
  values ($1, $2, $3, now(), $4, $5, $6, $7)`);

const receiptColumns = 'tenant_id, id, subject, forgotten_at, forgotten_by, position, events, rows';

export const selectReceipt = prepared(
  `select ${receiptColumns} from acci.forgotten_subjects where tenant_id = $1 and id = $2`,
);

export const selectReceiptOfSubject = prepared(
  `select ${receiptColumns} from acci.forgotten_subjects where tenant_id = $1 and subject = $2`,
);

/** What a forgotten subject must not have. */
export const selectRemains = prepared(`
  select exists (select from acci.subject_keys where tenant_id = $1 and subject = $2 and wrapped is null) as destroyed,
         (select count(*)::int from acci.unique_claims where tenant_id = $1 and subject = $2) as claims,
         (select count(*)::int
            from acci.snapshots as snapshot
           where snapshot.tenant_id = $1 and snapshot.taken_at <= $3
             and (snapshot.stream_id = any ($4::text[])
                  or snapshot.stream_id in (select stream_id from ${streamsOfSubject}))) as snapshots`);
