import { type IsolationCheck, ownSchema, runtimeGrants, runtimeRoles } from './check.js';

const systemTables = ['pg_statistic', 'pg_statistic_ext_data', 'pg_authid', 'pg_largeobject'];

/** Grants: runtime roles read and write rows, and nobody else does anything. */
export const grantChecks: readonly IsolationCheck[] = [
  {
    name: 'grant.truncate',
    query: `select format('TRUNCATE on %s for %s', name, grantee) as offender
      from ${runtimeGrants} g where privilege = 'TRUNCATE'`,
    message: 'is granted: TRUNCATE removes the rows of every tenant, whatever the policies say',
  },
  {
    name: 'grant.structure',
    query: `select format('%s on %s for %s', privilege, name, grantee) as offender
      from ${runtimeGrants} g where privilege in ('TRIGGER', 'REFERENCES', 'MAINTAIN')`,
    message: 'is granted: a trigger or a key of theirs would see rows past the policies',
  },
  {
    name: 'grant.public',
    query: `select distinct format('%s on %s', privilege, name) as offender
      from ${runtimeGrants} g where grantee = 'PUBLIC' and tenant_attnum is not null`,
    message: 'is granted to everybody who can connect',
  },
  {
    name: 'grant.option',
    query: `select format('%s on %s for %s', privilege, name, grantee) as offender
      from ${runtimeGrants} g where is_grantable`,
    message: 'is granted with the right to pass it on',
  },
  {
    name: 'grant.partition',
    query: `select distinct format('%s (%s for %s)', name, privilege, grantee) as offender
      from ${runtimeGrants} g where relispartition and tenant_attnum is not null`,
    message: `is a partition that can be reached around its parent's policy: revoke the grants on it`,
  },
  {
    name: 'grant.default',
    query: `select format('%s on new %s for %s', a.privilege_type,
          case d.defaclobjtype when 'r' then 'tables' else 'schemas' end,
          case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee) end) as offender
      from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a
      where (d.defaclobjtype = 'r' and (a.grantee = 0 or pg_get_userbyid(a.grantee) in ${runtimeRoles}
          and a.privilege_type in ('TRUNCATE', 'TRIGGER', 'REFERENCES', 'MAINTAIN')))
        or (d.defaclobjtype = 'n' and a.grantee = 0)`,
    message: 'is granted by default privileges, to whatever will be made',
  },
  {
    name: 'grant.create',
    query: `select format('CREATE in %s for %s', place, r.rolname) as offender
      from pg_roles r
      cross join lateral (
        select format('schema %I', n.nspname) from pg_namespace n
        where ${ownSchema('n')} and has_schema_privilege(r.oid, n.oid, 'create')
        union all
        select format('database %I', current_database())
        where has_database_privilege(r.oid, current_database(), 'create')
      ) as p (place)
      where r.rolname in ${runtimeRoles} and not r.rolsuper`,
    message: 'is granted: whoever may make objects can put one in the way of ours',
  },
  {
    name: 'grant.statistics',
    query: `select format('%s for %s', c.oid::regclass, r.rolname) as offender
      from pg_class c
      cross join pg_roles r
      where c.relnamespace = 'pg_catalog'::regnamespace
        and c.relname in (${systemTables.map((name) => `'${name}'`).join(', ')})
        and r.rolname in ${runtimeRoles} and not r.rolsuper
        and has_any_column_privilege(r.oid, c.oid, 'select')`,
    message: `can be read: it holds samples of every tenant's values, or secrets`,
  },
];
