import { type IsolationCheck, runtimeRoles } from './check.js';

const requiredRoles = `(values ('acci_owner'), ('acci_app'), ('acci_system')) as required (name)`;

/** Roles: there are three, and those that serve requests own nothing and can become nothing stronger. */
export const roleChecks: readonly IsolationCheck[] = [
  {
    name: 'role.missing',
    query: `select name as offender from ${requiredRoles} where to_regrole(name) is null`,
    message: 'is a role that does not exist: run the migrations or `npm run db:roles`',
  },
  {
    name: 'role.attributes',
    query: `select format('%I (%s)', rolname, concat_ws(', ',
          case when rolsuper then 'SUPERUSER' end, case when rolbypassrls then 'BYPASSRLS' end,
          case when rolcreaterole then 'CREATEROLE' end, case when rolreplication then 'REPLICATION' end)) as offender
      from pg_roles join ${requiredRoles} on required.name = rolname
      where rolsuper or rolbypassrls or rolcreaterole or rolreplication`,
    message: 'can go past row-level security or make a role that can',
  },
  {
    name: 'role.membership',
    // pg_read_all_data, pg_read_all_stats, pg_maintain and their like are roles too.
    query: `select format('%I (member of %I)', member.rolname, granted.rolname) as offender
      from pg_auth_members m
      join pg_roles member on member.oid = m.member
      join pg_roles granted on granted.oid = m.roleid
      where member.rolname in ${runtimeRoles}
        and not (member.rolname = 'acci_system' and granted.rolname = 'acci_app')`,
    message: 'may take a role that is not for serving requests',
  },
  {
    name: 'role.ownership',
    query: `select format('%s (owned by %I)', pg_describe_object(d.classid, d.objid, d.objsubid), r.rolname) as offender
      from pg_shdepend d
      join pg_roles r on r.oid = d.refobjid and d.refclassid = 'pg_authid'::regclass
      where d.deptype = 'o' and r.rolname in ${runtimeRoles}
        and d.dbid in (0, (select oid from pg_database where datname = current_database()))`,
    message: 'belongs to a runtime role, which could switch its policies off or replace it',
  },
  {
    name: 'role.settings',
    query: `select format('%s = %s', coalesce(r.rolname, 'every role'), setting) as offender
      from pg_db_role_setting s
      left join pg_roles r on r.oid = s.setrole
      left join pg_database d on d.oid = s.setdatabase
      cross join lateral unnest(s.setconfig) as setting
      where (s.setrole = 0 or r.rolname in ${runtimeRoles})
        and (s.setdatabase = 0 or d.datname = current_database())
        and setting ~ '^(acci\\.tenant_id|role|session_authorization)='`,
    message: 'gives connections a tenant or a role before any transaction has set one',
  },
];
