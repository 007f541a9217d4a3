import { prepared } from '@acci/database';

export const selectPending = prepared(`
  select erased_tenant as id from acci.tenant_erasures where completed_at is null order by requested_at`);

/**
 * Locks the order until the transaction ends. No row: it was never given, is done, or somebody else has the lock.
 */
export const lockErasure = `
  select true as mine from acci.tenant_erasures
   where erased_tenant = $1::uuid and completed_at is null
     for update skip locked`;

/** Adds to the receipt, in the transaction that erased: whatever happens, it says what is gone. */
export const countErased = `
  update acci.tenant_erasures
     set counts = (coalesce(counts::jsonb, '{}') || jsonb_build_object($2::text, coalesce((counts ->> $2::text)::bigint, 0) + $3::bigint))::json
   where erased_tenant = $1::uuid`;

export const completeErasure = `
  update acci.tenant_erasures set completed_at = clock_timestamp() where erased_tenant = $1::uuid`;

/** Every table with tenants' rows, whichever library or app made it; of a partitioned one, the whole. */
export const selectTenantTables = `
  select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
   where c.relkind in ('r', 'p') and not c.relispartition
     and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
   order by 1`;

/**
 * Erases a portion of the current tenant's rows. The table's name comes quoted from the catalogue. In a partitioned
 * table a row is known by its partition and its place there.
 */
export function eraseRows(table: string): string {
  return `
    with doomed as (select tableoid, ctid from ${table} where tenant_id = acci.current_tenant() limit $1::bigint),
         gone as (
           delete from ${table} as t using doomed
            where t.tableoid = doomed.tableoid and t.ctid = doomed.ctid and t.tenant_id = acci.current_tenant()
           returning 1)
    select count(*)::int as erased from gone`;
}

/**
 * What the platform keeps of a tenant: the facts of its life but the last, its slug, and answers that name it. Its
 * row in the directory went with the purge itself.
 */
export const erasePlatformRows = [
  ...['acci.events', 'acci.archived_events'].map(
    (table) => `
   with gone as (
     delete from ${table}
      where tenant_id = $1::uuid and stream_id = $2::text and type <> 'tenancy.tenant.purged'
     returning 1)
   select '${table}' as table, count(*)::int as erased from gone`,
  ),
  ...['acci.unique_claims', 'acci.snapshots', 'acci.streams_to_archive'].map(
    (table) => `
   with gone as (
     delete from ${table} where tenant_id = $1::uuid and stream_id = $2::text returning 1)
   select '${table}' as table, count(*)::int as erased from gone`,
  ),
  `with gone as (
     delete from acci.idempotency_keys
      where tenant_id = $1::uuid and strpos(concat(headers, body), $2::text) > 0
     returning 1)
   select 'acci.idempotency_keys' as table, count(*)::int as erased from gone`,
  `with gone as (
     delete from acci.handled_commands
      where tenant_id = $1::uuid and strpos(result::text, $2::text) > 0
     returning 1)
   select 'acci.handled_commands' as table, count(*)::int as erased from gone`,
];
