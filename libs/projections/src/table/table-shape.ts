import { prepared, type Transaction } from '@acci/database';

/** How the values of a column travel in an array of them. */
export interface ColumnShape {
  /** The type, without its length or precision. */
  readonly type: string;
  readonly kind: 'plain' | 'uuid' | 'json' | 'array';
}

/** What has to be known of a table to write rows of it in bulk. */
export interface TableShape {
  readonly columns: ReadonlyMap<string, ColumnShape>;
  /** The primary key, without `tenant_id`; undefined if there is none. */
  readonly key: readonly string[] | undefined;
  /** True if something else must be unique as well: then rows are not to change places. */
  readonly otherKeys: boolean;
}

interface ShapeRow {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnShape>>;
  readonly key: readonly string[] | null;
  readonly other_keys: boolean;
}

const selectShapes = prepared(`
  select wanted.name,
         (select json_object_agg(a.attname, json_build_object('type', format_type(a.atttypid, null), 'kind',
                   case when t.typcategory = 'A' then 'array' when a.atttypid in ('json'::regtype, 'jsonb'::regtype) then 'json'
                        when a.atttypid = 'uuid'::regtype then 'uuid' else 'plain' end) order by a.attnum)
            from pg_attribute as a join pg_type as t on t.oid = a.atttypid
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
         (select array_agg(a.attname::text order by k.place)
            from pg_index as i
            cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
            join pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum
           where i.indrelid = c.oid and i.indisprimary and k.place <= i.indnkeyatts) as key,
         exists (select from pg_index as i
                  where i.indrelid = c.oid and not i.indisprimary and (i.indisunique or i.indisexclusion)) as other_keys
    from unnest($1::text[]) as wanted(name)
    join pg_class as c on c.oid = to_regclass(wanted.name)`);

/** The shapes of tables, by their names. */
export async function readTableShapes(
  tx: Transaction,
  tables: readonly string[],
): Promise<Map<string, TableShape>> {
  const rows = await tx.query<ShapeRow>(selectShapes, [tables]);
  return new Map(
    rows.map(({ name, columns, key, other_keys: otherKeys }) => [
      name,
      {
        columns: new Map(Object.entries(columns)),
        key: key?.filter((column) => column !== 'tenant_id'),
        otherKeys,
      },
    ]),
  );
}
