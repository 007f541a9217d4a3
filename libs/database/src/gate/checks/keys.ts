import { type IsolationCheck, relations, tenantTables } from './check.js';

/**
 * Keys: unique and foreign keys are checked by the server past row-level security, so one that spans tenants answers
 * whether another tenant has a value.
 *
 * A tenant's row may reference a global one: what is global is everybody's to know. The other way round, deleting or
 * changing the global row would tell whether any tenant uses it; so acci_app must not be able to.
 */
export const keyChecks: readonly IsolationCheck[] = [
  {
    name: 'key.unique',
    query: `select format('%s on %s', i.indexrelid::regclass, t.name) as offender
      from pg_index i
      join ${tenantTables} t on t.oid = i.indrelid
      left join pg_constraint c on c.conindid = i.indexrelid and c.contype = 'x'
      where (i.indisunique or i.indisexclusion)
        and (i.indkey[0] <> t.tenant_attnum
          or exists (select from pg_operator o where o.oid = c.conexclop[1] and o.oprname <> '='))`,
    message: `is a unique, primary or exclusion key that does not begin with tenant_id: it tells of other tenants' values`,
  },
  {
    name: 'key.foreign',
    query: `select format('%I on %s', c.conname, t.name) as offender
      from pg_constraint c
      join ${relations} t on t.oid = c.conrelid
      join ${relations} target on target.oid = c.confrelid
      where c.contype = 'f'
        and target.tenant_attnum is not null
        and (t.tenant_attnum is null or c.conkey[1] <> t.tenant_attnum or c.confkey[1] <> target.tenant_attnum)`,
    message: `references another tenant's rows: a foreign key to a tenant table must begin with tenant_id on both sides`,
  },
  {
    name: 'key.foreign_global',
    query: `select format('%I on %s to %s', c.conname, t.name, target.name) as offender
      from pg_constraint c
      join ${tenantTables} t on t.oid = c.conrelid
      join ${relations} target on target.oid = c.confrelid
      where c.contype = 'f' and target.tenant_attnum is null
        and exists (
          select from pg_roles r where r.rolname = 'acci_app'
            and (has_table_privilege(r.oid, target.oid, 'delete') or has_any_column_privilege(r.oid, target.oid, 'update'))
        )`,
    message: 'lets acci_app find out, by deleting or changing the global row, whether any tenant uses it',
  },
];
