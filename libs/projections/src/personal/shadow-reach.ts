import { prepared, type Transaction } from '@acci/database';
import { Redirect } from '../table/redirect.js';

/** As much of a transaction as replacing columns takes. */
export type Reach = Pick<Transaction, 'query'>;

const selectShadows = prepared(`
  select build, json_object_agg(table_name, stored_in) as tables from acci.projection_tables
   where projection = $1 and stored_in <> table_name group by build`);

/** Ways to the copies of a projection's tables that are being filled just now, or wait to be dropped. */
export async function shadowsOf(projection: string, tx: Transaction): Promise<Reach[]> {
  const rows = await tx.query<{ tables: Record<string, string> }>(selectShadows, [projection]);
  return rows.map(({ tables }) => {
    const redirect = new Redirect(new Map(Object.entries(tables)));
    return { query: (statement, values) => tx.query(redirect.statement(statement), values) };
  });
}
