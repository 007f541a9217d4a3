import { type IsolationCheck, tenantTables } from './check.js';

// The server prints an expression with all its parentheses, so this start proves that the comparison is the whole of
// it or one side of an AND at the top: `((tenant_id = acci.current_tenant()) AND (…))`. The schema is printed
// unless it is in the search path; that it is ours, the dependency below tells.
const bindsTenant = String.raw`^\(?\(tenant_id = (\( ?select )?(acci\.)?current_tenant\(\)( as current_tenant\))?\)($| and )`;

/** Policies: what lets a request see a row is that the row is of the transaction's tenant, and nothing else. */
export const policyChecks: readonly IsolationCheck[] = [
  {
    name: 'policy.open',
    query: `select format('policy %I on %s', p.polname, t.name) as offender
      from pg_policy p
      join ${tenantTables} t on t.oid = p.polrelid
      where p.polpermissive
        and exists (select from unnest(p.polroles) r where r = 0 or pg_get_userbyid(r) = 'acci_app')
        and (
          exists (
            select from (values (p.polqual), (p.polwithcheck)) as e (expression)
            where pg_get_expr(e.expression, p.polrelid) !~* '${bindsTenant}'
          )
          or not exists (
            select from pg_depend d where d.classid = 'pg_policy'::regclass and d.objid = p.oid
              and d.refclassid = 'pg_proc'::regclass and d.refobjid = to_regprocedure('acci.current_tenant()')
          )
        )`,
    message:
      'lets acci_app or everybody reach rows of other tenants: it must be tenant_id = acci.current_tenant(), alone or with AND',
  },
];
