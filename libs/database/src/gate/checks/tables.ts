import { declaredGlobal, type IsolationCheck, relations, tenantTables } from './check.js';

/** Tables: every one says whose rows it has, and those of tenants are under row-level security. */
export const tableChecks: readonly IsolationCheck[] = [
  {
    name: 'table.undeclared',
    // A partition shares its parent's columns and so its parent's answer. What a materialized view shows is copied.
    query: `select name as offender from ${relations} r
      where relkind in ('r', 'p', 'f', 'm') and tenant_attnum is null and not relispartition
        and not ${declaredGlobal('r')}`,
    message: `has no tenant_id and is not declared global (comment 'acci:global: <reason>')`,
  },
  {
    name: 'table.row_security',
    query: `select name as offender from ${tenantTables} t where not relrowsecurity`,
    message: 'has a tenant_id but no row-level security (a foreign table cannot have it)',
  },
  {
    name: 'table.force_row_security',
    query: `select name as offender from ${tenantTables} t where not relforcerowsecurity`,
    message: 'does not force row-level security, so its owner goes past the policies',
  },
  {
    name: 'table.policy',
    query: `select name as offender from ${tenantTables} t
      where not exists (select from pg_policy where polrelid = t.oid)`,
    message: 'has a tenant_id but no policy',
  },
  {
    name: 'table.tenant_nullable',
    query: `select name as offender from ${tenantTables} t where not tenant_notnull`,
    message: 'allows rows of no tenant: tenant_id may be null',
  },
  {
    name: 'table.parent',
    // Who reads a parent reads its children's rows under the parent's policies alone.
    query: `select format('%s (child of %s)', child.name, parent.name) as offender
      from pg_inherits i
      join ${tenantTables} child on child.oid = i.inhrelid
      join ${relations} parent on parent.oid = i.inhparent
      where parent.tenant_attnum is null`,
    message: `can be read through its parent, which has no tenant_id and so no tenant's policy`,
  },
];
