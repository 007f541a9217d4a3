import type { TestDatabase } from '@acci/database/testing';

/** A table with rows of tenants, as the catalogue knows it. */
export interface TenantTable {
  /** With its schema, quoted as needed. */
  readonly name: string;
  /** Columns that an INSERT may name. */
  readonly columns: readonly Column[];
  readonly partitionOf: string | undefined;
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

const readTables = `
  select c.oid::regclass::text as name,
         (select i.inhparent::regclass::text from pg_inherits i where i.inhrelid = c.oid) as partition_of,
         json_agg(json_build_object('name', a.attname, 'type', t.typname,
                                    'required', a.attnotnull and not a.atthasdef) order by a.attnum)
           filter (where a.attgenerated = '' and a.attidentity = '') as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
   where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)'
     and exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = 'tenant_id' and not k.attisdropped)
   group by c.oid
   order by 1`;

/** Every tenant table there is: one that a later migration brings is found without a change here. */
export async function tenantTables(db: TestDatabase): Promise<TenantTable[]> {
  const rows = await db.admin<{ name: string; partition_of: string | null; columns: Column[] }>(readTables);
  return rows.map(({ name, partition_of, columns }) => ({
    name,
    columns,
    partitionOf: partition_of ?? undefined,
  }));
}

/**
 * Puts a row of a tenant into a table, whatever its columns mean: in a test's own copy of the database, so that
 * checks and foreign keys may be put aside for rows that are there to be attacked.
 */
export async function plantRow(db: TestDatabase, table: TenantTable, tenantId: string): Promise<void> {
  const columns = table.columns.filter(({ name, required }) => required || name === 'tenant_id');
  const values = columns.map(({ name, type }) =>
    name === 'tenant_id' ? `'${tenantId}'::uuid` : anyValue(type),
  );
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  await db.admin(`do $do$ begin
    set local session_replication_role = replica;
    insert into ${table.name} (${names}) values (${values.join(', ')});
  end $do$`);
}

/** Drops what would refuse a row for reasons other than its tenant. */
export async function dropChecks(db: TestDatabase): Promise<void> {
  const checks = await db.admin<{ sql: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as sql from pg_constraint
      where contype = 'c' and conparentid = 0 and coninhcount = 0
        and connamespace::regnamespace::text !~ '^(pg_|information_schema)'`,
  );
  for (const { sql } of checks) await db.admin(sql);
}

function anyValue(type: string): string {
  if (type.startsWith('_')) return `'{}'`;
  switch (type) {
    case 'uuid':
      return 'gen_random_uuid()';
    case 'bool':
      return 'true';
    case 'int2':
    case 'int4':
    case 'int8':
    case 'numeric':
    case 'float8':
      return '(random() * 1000000)::int';
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return 'clock_timestamp()';
    case 'json':
    case 'jsonb':
      return `'{}'`;
    case 'bytea':
      return `gen_random_uuid()::text::bytea`;
    case 'xid8':
      return 'pg_current_xact_id()';
    default:
      return 'gen_random_uuid()::text';
  }
}
