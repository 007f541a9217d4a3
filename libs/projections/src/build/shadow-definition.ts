import { createHash } from 'node:crypto';
import type { CatalogueQuery } from '@acci/database';

/** A table, and what the copy of it is called that a build fills. */
export interface Shadow {
  /** As declared, such as `shop.order_list`. */
  readonly table: string;
  /** In the same schema. */
  readonly shadow: string;
}

/** The copy of a table that a build fills until it serves. */
export function shadowOf(table: string, build: number): Shadow {
  return { table, shadow: `${table}__b${build}` };
}

// Names of indexes are shared by a whole schema, so a copy's has another one until its turn: made from the oid of the
// index that it copies, by which it is found again. $1: the table; $2: its shadow; $3 and $4: all tables and shadows.
// What LIKE copies is in no statement here; the last one stands for it in the fingerprint and does nothing.
const selectStatements = String.raw`
  with original as (select * from pg_class where oid = to_regclass($1)),
  statements (step, place, statement) as (
    select 1, '', format('create %stable %s (like %s including all excluding indexes)',
                         case relpersistence when 'u' then 'unlogged ' else '' end, $2::text, $1::text)
                  || coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '')
      from original
    union all
    select 2, i.indexrelid::text,
           case when c.oid is not null
             then format('alter table %s add constraint %I %s', $2, 'acci_' || i.indexrelid, pg_get_constraintdef(c.oid))
             else format('create %sindex %I on %s%s', case when i.indisunique then 'unique ' else '' end,
                         'acci_' || i.indexrelid, $2, substring(d.def from position(' USING ' in d.def))) end
      from original
      join pg_index i on i.indrelid = original.oid and i.indisvalid
      left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid and c.contype in ('p', 'u', 'x')
      cross join lateral (select pg_get_indexdef(i.indexrelid) as def) as d
    union all
    select 3, c.conname::text, format('alter table %s add constraint %I %s', $2, c.conname,
             replace(pg_get_constraintdef(c.oid), 'REFERENCES ' || c.confrelid::regclass || '(',
                     'REFERENCES ' || coalesce(t.shadow, c.confrelid::regclass::text) || '('))
      from original
      join pg_constraint c on c.conrelid = original.oid and c.contype = 'f'
      left join unnest($3::text[], $4::text[]) as t(name, shadow) on to_regclass(t.name) = c.confrelid
    union all
    select 4, '', format('alter table %s enable row level security', $2) from original where relrowsecurity
    union all
    select 4, 'force', format('alter table %s force row level security', $2) from original where relforcerowsecurity
    union all
    select 5, p.polname::text, format('create policy %I on %s as %s for %s to %s', p.polname, $2,
             case when p.polpermissive then 'permissive' else 'restrictive' end,
             case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                           when 'd' then 'delete' else 'all' end,
             (select string_agg(case r when 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', ' order by r)
                from unnest(p.polroles) as r))
             || coalesce(format(' using (%s)', pg_get_expr(p.polqual, p.polrelid)), '')
             || coalesce(format(' with check (%s)', pg_get_expr(p.polwithcheck, p.polrelid)), '')
      from original join pg_policy p on p.polrelid = original.oid
    union all
    select 6, a.grantee::text || a.privilege_type, format('grant %s on %s to %s%s', a.privilege_type, $2,
             case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
             case when a.is_grantable then ' with grant option' else '' end)
      from original cross join lateral aclexplode(relacl) as a where a.grantee <> relowner
    union all
    select 7, t.attname || a.grantee || a.privilege_type, format('grant %s (%I) on %s to %s%s', a.privilege_type,
             t.attname, $2, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
             case when a.is_grantable then ' with grant option' else '' end)
      from original
      join pg_attribute t on t.attrelid = original.oid and not t.attisdropped
      cross join lateral aclexplode(t.attacl) as a where a.grantee <> relowner
    union all
    select 8, '', format('comment on table %s is %L', $2, obj_description(original.oid, 'pg_class'))
      from original where obj_description(original.oid, 'pg_class') is not null
    union all
    select 9, lpad(t.attnum::text, 4, '0'), format('-- %s %s %s %s %s %s %s', t.attname, format_type(t.atttypid, t.atttypmod),
             t.attnotnull, t.attidentity, t.attgenerated, t.attcollation, pg_get_expr(d.adbin, d.adrelid))
      from original
      join pg_attribute t on t.attrelid = original.oid and t.attnum > 0 and not t.attisdropped
      left join pg_attrdef d on d.adrelid = t.attrelid and d.adnum = t.attnum
    union all
    select 9, c.conname::text, format('-- %s %s', c.conname, pg_get_constraintdef(c.oid))
      from original join pg_constraint c on c.conrelid = original.oid and c.contype = 'c')
  select statement from statements order by step, place collate "C"`;

/** How a shadow is made, and what tells whether its table has changed since. */
export interface ShadowDefinition {
  readonly statements: readonly string[];
  readonly fingerprint: string;
}

/**
 * The statements that make a copy of a table without its rows: columns, constraints, indexes, policies and grants.
 * Foreign keys among the tables given lead to their shadows. Names in definitions must come out with their schemas, so
 * the transaction's search path has to be `pg_catalog` alone.
 */
export async function defineShadow(
  query: CatalogueQuery,
  { table, shadow }: Shadow,
  all: readonly Shadow[],
): Promise<ShadowDefinition> {
  const rows = (await query(selectStatements, [
    table,
    shadow,
    all.map((each) => each.table),
    all.map((each) => each.shadow),
  ])) as readonly { statement: string }[];
  const lines = rows.map(({ statement }) => statement);
  return {
    statements: lines.filter((line) => !line.startsWith('--')),
    fingerprint: createHash('sha256').update(lines.join('\n')).digest('base64url'),
  };
}
