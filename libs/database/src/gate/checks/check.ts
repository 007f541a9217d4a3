/** One thing that must not be in the catalogue of a database whose tenants are isolated. */
export interface IsolationCheck {
  /** Stable, such as `table.row_security`. */
  readonly name: string;
  /**
   * Finds the offenders: a select of one column, `offender`, a text that names one as a person would. It runs as any
   * role, with no values, and must not end in a semicolon.
   */
  readonly query: string;
  /** What is wrong with an offender and what to do, as the rest of a sentence that begins with its name. */
  readonly message: string;
}

/** The roles that serve requests and projections. */
export const runtimeRoles = `('acci_app', 'acci_system')`;

/** True for an object that belongs to an extension: those answer for themselves. */
const ofExtension = (catalogue: string, oid: string): string =>
  `exists (select from pg_depend where classid = '${catalogue}'::regclass and objid = ${oid} and deptype = 'e')`;

/** Condition on an alias of `pg_namespace`: somebody's own schema, not the system's and no session's temporary one. */
export const ownSchema = (alias: string): string =>
  `${alias}.nspname !~ '^pg_' and ${alias}.nspname <> 'information_schema'`;

/** Everything in `pg_class` that is in scope, with its full name and whether it has a column `tenant_id`. */
export const relations = `(
  select c.*, format('%I.%I', n.nspname, c.relname) as name, a.attnum as tenant_attnum, a.attnotnull as tenant_notnull
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where ${ownSchema('n')} and not ${ofExtension('pg_class', 'c.oid')}
)`;

/** Tables, partitioned and foreign ones among them, with a column `tenant_id`. */
export const tenantTables = `(select * from ${relations} r where relkind in ('r', 'p', 'f') and tenant_attnum is not null)`;

/** Functions and procedures in scope, with their full names. */
export const functions = `(
  select p.*, format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  where ${ownSchema('n')} and not ${ofExtension('pg_proc', 'p.oid')}
)`;

/** Condition on a table's alias: its comment declares it global and says why. */
export const declaredGlobal = (alias: string): string =>
  `coalesce(obj_description(${alias}.oid, 'pg_class') ~ '^acci:global:\\s*\\S', false)`;

/** Rights on tables in scope, and on their columns, that everybody or a runtime role holds. */
export const runtimeGrants = `(
  select t.oid, t.name, t.tenant_attnum, t.relispartition, a.privilege_type as privilege, a.is_grantable,
    case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee) end as grantee
  from (
    select oid, name, tenant_attnum, relispartition, relacl as acl from ${relations} r where relkind in ('r', 'p', 'f')
    union all
    select r.oid, r.name || '.' || quote_ident(c.attname), r.tenant_attnum, r.relispartition, c.attacl
    from ${relations} r join pg_attribute c on c.attrelid = r.oid
    where r.relkind in ('r', 'p', 'f') and not c.attisdropped
  ) t
  cross join lateral aclexplode(t.acl) a
  where a.grantee = 0 or pg_get_userbyid(a.grantee) in ${runtimeRoles}
)`;
