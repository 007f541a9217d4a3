/** Asks the database, as any role. */
type Query = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/**
 * The migrations that an application knows and its database has not run: none, once it may take requests.
 *
 * @example
 * const pending = await pendingMigrations((sql) => database.queryAsSystem('readiness', sql), migrations);
 */
export async function pendingMigrations(
  query: Query,
  migrations: readonly { readonly name: string }[],
): Promise<string[]> {
  const rows = await query('select name from acci.migrations');
  const ran = new Set(rows.map(({ name }) => name));
  return migrations.map(({ name }) => name).filter((name) => !ran.has(name));
}
