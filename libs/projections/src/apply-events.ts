import type { Database } from '@acci/database';
import type { ProjectedEvent, ProjectionHandler } from './projection.js';
import type { BuildTables } from './table/build-tables.js';

/**
 * Lets a handler see events inside the open system transaction, each under its own tenant. Tenants go one after the
 * other: rows of one are out of reach for another's events, so only the order inside a tenant can show. Nothing is
 * sent that the handler does not wait for. Rows that are put are written once for all events of a tenant.
 */
export async function applyEvents(
  database: Database,
  handler: ProjectionHandler,
  events: readonly ProjectedEvent[],
  tables: BuildTables,
): Promise<void> {
  for (const [tenantId, own] of Map.groupBy(events, (event) => event.tenantId)) {
    await database.inTenant(
      tenantId,
      async (tx) => {
        const led = await tables.open(tx);
        for (const event of own) await handler.handle(event, led);
        led.settle();
      },
      { deferred: true },
    );
  }
}
