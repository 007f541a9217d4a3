import { functions, type IsolationCheck, relations, tenantTables } from './check.js';

/** Views, functions and rules: none lends its owner's eyes to the one who asks. */
export const codeChecks: readonly IsolationCheck[] = [
  {
    name: 'view.security_invoker',
    query: `select name as offender from ${relations} r
      where relkind = 'v' and not exists (
        select from pg_options_to_table(r.reloptions)
        where option_name = 'security_invoker' and option_value::boolean
      )`,
    message: `is a view that reads with its owner's rights: make it WITH (security_invoker = true)`,
  },
  {
    name: 'materialized_view.tenant_rows',
    query: `with recursive reads as (
        select r.oid as view, r.oid as relation from ${relations} r where relkind = 'm'
        union
        select reads.view, d.refobjid
        from reads
        join pg_rewrite w on w.ev_class = reads.relation
        join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
          and d.refclassid = 'pg_class'::regclass
      )
      select distinct m.name as offender
      from reads
      join ${relations} m on m.oid = reads.view
      join ${relations} source on source.oid = reads.relation
      where source.tenant_attnum is not null`,
    message: 'is a materialized view over tenant tables: it is a copy that no policy guards',
  },
  {
    name: 'function.security_definer',
    query: `select f.name as offender
      from ${functions} f
      where f.prosecdef and exists (
        select from ${tenantTables} t
        where has_any_column_privilege(f.proowner, t.oid, 'select, insert, update')
          or has_table_privilege(f.proowner, t.oid, 'delete')
      )`,
    message: 'is SECURITY DEFINER, and its owner can reach tenant rows',
  },
  {
    name: 'function.leakproof',
    query: `select name as offender from ${functions} f where proleakproof`,
    message: 'is LEAKPROOF: a query may call it on rows before their policy has judged them',
  },
  {
    name: 'rule.rewrite',
    query: `select format('rule %I on %s', w.rulename, r.name) as offender
      from pg_rewrite w
      join ${relations} r on r.oid = w.ev_class
      where w.ev_type <> '1'`,
    message: `rewrites statements to run with its owner's rights: use a trigger`,
  },
];
