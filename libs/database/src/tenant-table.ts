/** What a role may do to a table's rows. TRUNCATE is never among it: it goes past row-level security. */
export type Privilege = 'select' | 'insert' | 'update' | 'delete';

/** Rights of the runtime roles on a table. Default for a tenant table: all four for both. */
export interface TableGrants {
  readonly app?: readonly Privilege[];
  readonly system?: readonly Privilege[];
}

const everything: readonly Privilege[] = ['select', 'insert', 'update', 'delete'];

/**
 * Statements for a migration that put a table with a `tenant_id` column under row-level security: `acci_app`, and
 * the owner too, reach the rows of the transaction's tenant only; `acci_system` reaches all.
 *
 * @param table name with schema, such as `shop.orders`.
 * @example
 * for (const sql of tenantTable('shop.orders')) await queryRunner.query(sql);
 */
export function tenantTable(
  table: string,
  { app = everything, system = everything }: TableGrants = {},
): string[] {
  return [
    `alter table ${table} enable row level security, force row level security`,
    `create policy tenant_isolation on ${table} to acci_app, acci_owner
       using (tenant_id = acci.current_tenant()) with check (tenant_id = acci.current_tenant())`,
    `create policy system_access on ${table} to acci_system using (true) with check (true)`,
    ...grants(table, { app, system }),
  ];
}

/**
 * Statements for a migration that declare a table global: it has no tenant's data, and the isolation gate takes
 * the declaration, with its reason, from the table's comment.
 *
 * @example
 * for (const sql of globalTable('shop.currencies', 'the same for every tenant', { app: ['select'] })) await queryRunner.query(sql);
 */
export function globalTable(table: string, reason: string, rights: TableGrants = {}): string[] {
  return [
    `comment on table ${table} is 'acci:global: ${reason.replaceAll("'", "''")}'`,
    ...grants(table, rights),
  ];
}

function grants(table: string, { app = [], system = [] }: TableGrants): string[] {
  return [
    `revoke all on ${table} from public`,
    ...(app.length > 0 ? [`grant ${app.join(', ')} on ${table} to acci_app`] : []),
    ...(system.length > 0 ? [`grant ${system.join(', ')} on ${table} to acci_system`] : []),
  ];
}
