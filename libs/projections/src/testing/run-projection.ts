import type { Database } from '@acci/database';
import { applyEvents } from '../apply-events.js';
import {
  projectionOptionsOf,
  type ProjectedEvent,
  type ProjectionClass,
  type ProjectionHandler,
} from '../projection.js';
import { BuildTables } from '../table/build-tables.js';

/**
 * Lets a projection see events, in one transaction and under each event's tenant, as a runner does; without a log
 * and without a checkpoint. What it wrote can then be read and compared.
 *
 * @throws what the handler throws or the database refuses; nothing is kept then.
 * @example
 * await runProjection(db.database, new OrderListProjection(), [
 *   happened(OrderPlaced.of({ total: 12 }), { tenantId, streamId: 'order-1' }),
 * ]);
 * expect(await db.database.queryInTenant(tenantId, 'select id, total from shop.order_list')).toEqual([
 *   { id: 'order-1', total: 12 },
 * ]);
 */
export async function runProjection(
  database: Database,
  projection: ProjectionHandler,
  events: readonly ProjectedEvent[],
): Promise<void> {
  const options = projectionOptionsOf(projection.constructor as ProjectionClass);
  const tables = new BuildTables((options?.tables ?? []).map(String));
  await database.asSystem('test a projection', () => applyEvents(database, projection, events, tables));
}
