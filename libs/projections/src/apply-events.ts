import { prepared, type Database, type Transaction } from '@acci/database';
import type { ProjectedEvent, ProjectionHandler } from './projection.js';

/**
 * Lets a handler see events inside the open system transaction, each under its own tenant. Tenants go one after the
 * other: rows of one are out of reach for another's events, so only the order inside a tenant can show. Nothing is
 * sent that the handler does not wait for.
 */
export async function applyEvents(
  database: Database,
  handler: ProjectionHandler,
  events: readonly ProjectedEvent[],
): Promise<void> {
  for (const [tenantId, own] of Map.groupBy(events, (event) => event.tenantId)) {
    await database.inTenant(
      tenantId,
      async (tx) => {
        for (const event of own) await handler.handle(event, tx);
      },
      { deferred: true },
    );
  }
}

const rowsAtOnce = 50_000;

/**
 * Empties a projection's tables, for all tenants, in the open system transaction. In portions, so that no statement
 * outlasts its time-out; last table first, since it may reference those before it.
 */
export async function clearTables(tx: Transaction, tables: readonly string[]): Promise<void> {
  for (const table of tables.toReversed()) {
    // In a partitioned table a ctid names a row in each partition; they all have to go anyway.
    const statement = prepared(
      `with gone as (
         delete from ${table} where ctid = any (array(select ctid from ${table} limit ${rowsAtOnce})) returning 1
       ) select count(*)::int as gone from gone`,
    );
    for (let gone = 1; gone > 0;) gone = (await tx.query<{ gone: number }>(statement))[0]?.gone ?? 0;
  }
}
