import type { CatalogueQuery } from '@acci/database';

// What hangs on a table and would be left behind when another one takes its name. $1: the projection's tables.
const selectObstacles = `
  with own as (select to_regclass(name)::oid as oid, name from unnest($1::text[]) as declared(name))
  select name, 'it does not exist' as why from own where oid is null
  union all
  select name, 'it is partitioned, a partition or a foreign table' from own join pg_class c using (oid)
   where c.relkind <> 'r' or c.relispartition
  union all
  select name, 'its name is longer than 50 characters' from own where length(split_part(name, '.', 2)) > 50
  union all
  select name, 'it inherits, or is inherited from' from own
   where exists (select from pg_inherits where own.oid in (inhrelid, inhparent))
  union all
  select name, format('it has the trigger %I', tgname) from own join pg_trigger on tgrelid = own.oid
   where not tgisinternal
  union all
  select distinct name, format('%s reads it', pg_describe_object('pg_class'::regclass, w.ev_class, 0))
    from own
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = own.oid and d.classid = 'pg_rewrite'::regclass
    join pg_rewrite w on w.oid = d.objid
  union all
  select distinct name, format('%s uses it', pg_describe_object(d.classid, d.objid, 0))
    from own
    join pg_class c using (oid)
    join pg_depend d on (d.refclassid, d.refobjid) in (('pg_class'::regclass, c.oid), ('pg_type'::regclass, c.reltype))
   where d.classid = 'pg_proc'::regclass
  union all
  select distinct name, format('the policy %I of %s uses it', p.polname, p.polrelid::regclass)
    from own
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = own.oid and d.classid = 'pg_policy'::regclass
    join pg_policy p on p.oid = d.objid
   where p.polrelid <> own.oid
  union all
  select name, format('%s references it', conrelid::regclass) from own join pg_constraint on confrelid = own.oid
   where contype = 'f' and conrelid not in (select oid from own where oid is not null)
  union all
  select name, format('its column %I takes its default from a sequence of its own: use an identity column', a.attname)
    from own
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = own.oid and d.deptype = 'a'
                    and d.classid = 'pg_class'::regclass
    join pg_class s on s.oid = d.objid and s.relkind = 'S'
    join pg_attribute a on a.attrelid = own.oid and a.attnum = d.refobjsubid
  union all
  select name, format('the publication %I has it', p.pubname) from own
    join pg_publication_rel r on r.prrelid = own.oid join pg_publication p on p.oid = r.prpubid`;

/** Why tables cannot be replaced by copies of them, in words for an operator; empty if they can. */
export async function obstaclesOf(query: CatalogueQuery, tables: readonly string[]): Promise<string[]> {
  const rows = (await query(selectObstacles, [tables])) as readonly { name: string; why: string }[];
  return rows.map(({ name, why }) => `${name} cannot be copied: ${why}`);
}
