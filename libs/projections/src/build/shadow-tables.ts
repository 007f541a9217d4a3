import type { OwnerQuery } from '@acci/database';
import { defineShadow, type Shadow, type ShadowDefinition } from './shadow-definition.js';

/**
 * Makes empty copies of tables, in the owner's open transaction.
 *
 * @returns the fingerprint of each table, by its name: {@link swapIn} refuses to replace a table that has changed since.
 */
export async function makeShadows(
  query: OwnerQuery,
  shadows: readonly Shadow[],
): Promise<Map<string, string>> {
  const definitions = await definitionsOf(query, shadows);
  const fingerprints = new Map<string, string>();
  for (const [{ table, shadow }, { statements, fingerprint }] of definitions) {
    await query(`drop table if exists ${shadow} cascade`);
    fingerprints.set(table, fingerprint);
    for (const statement of statements) await query(statement);
  }
  return fingerprints;
}

/** The fingerprint of each table as it is now, by its name. */
export async function fingerprintsOf(
  query: OwnerQuery,
  shadows: readonly Shadow[],
): Promise<Map<string, string>> {
  const definitions = await definitionsOf(query, shadows);
  return new Map([...definitions].map(([{ table }, { fingerprint }]) => [table, fingerprint]));
}

/**
 * Puts shadows in the place of their tables, with the names of all that belongs to them, and drops what stood there. In
 * the owner's open transaction, for which every reader and writer of the tables waits: it is short.
 */
export async function swapIn(query: OwnerQuery, shadows: readonly Shadow[]): Promise<void> {
  const everything = shadows.flatMap(({ table, shadow }) => [table, shadow]);
  await query(`lock table ${everything.join(', ')} in access exclusive mode`);
  const renames: string[] = [];
  for (const shadow of shadows) renames.push(...(await renamesFor(query, shadow)));
  // Together: they may reference one another.
  await query(`drop table ${shadows.map(({ table }) => table).join(', ')}`);
  for (const rename of renames) await query(rename);
}

/** Removes shadows that will never serve. */
export async function dropShadows(query: OwnerQuery, names: readonly string[]): Promise<void> {
  if (names.length > 0) await query(`drop table if exists ${names.join(', ')} cascade`);
}

async function definitionsOf(
  query: OwnerQuery,
  shadows: readonly Shadow[],
): Promise<Map<Shadow, ShadowDefinition>> {
  await query(`set local search_path = pg_catalog`);
  const definitions = new Map<Shadow, ShadowDefinition>();
  for (const shadow of shadows)
    definitions.set(
      shadow,
      await defineShadow((sql, values) => query(sql, values && [...values]), shadow, shadows),
    );
  return definitions;
}

const selectRenames = `
  select format('alter table %s rename to %I', $2::text, c.relname) as statement
    from pg_class c where c.oid = to_regclass($1)
  union all
  select format('alter index %I.%I rename to %I', n.nspname, copy.relname, original.relname)
    from pg_index i
    join pg_class original on original.oid = i.indexrelid
    join pg_namespace n on n.oid = original.relnamespace
    join pg_class copy on copy.relnamespace = n.oid and copy.relname = 'acci_' || i.indexrelid
   where i.indrelid = to_regclass($1)
  union all
  select format('alter sequence %s rename to %I', pg_get_serial_sequence($2, a.attname),
                (select relname from pg_class where oid = pg_get_serial_sequence($1, a.attname)::regclass))
    from pg_attribute a where a.attrelid = to_regclass($1) and a.attidentity <> '' and not a.attisdropped`;

/** Asked for while the table is still there, to be done when it is gone. */
async function renamesFor(query: OwnerQuery, { table, shadow }: Shadow): Promise<string[]> {
  const rows = await query(selectRenames, [table, shadow]);
  return rows.map(({ statement }) => String(statement));
}
