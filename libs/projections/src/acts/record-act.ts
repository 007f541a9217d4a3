import type { Database } from '@acci/database';
import { StreamNotFound, type Context, type EventStore } from '@acci/event-store';
import { OperatorActs, type OperatorAct } from './operator-acts.js';

/**
 * Appends what an operator did to the stream of the projection in the operator's tenant, in the open system
 * transaction of the act: one is not there without the other. The projection is locked, so nobody appends meanwhile.
 */
export async function recordAct(
  database: Database,
  store: EventStore,
  ctx: Context,
  projection: string,
  act: OperatorAct,
): Promise<void> {
  await database.inTenant(ctx.tenantId, async () => {
    const acts = await store.load(ctx, OperatorActs, projection).catch((error: unknown) => {
      if (error instanceof StreamNotFound) return new OperatorActs(projection);
      throw error;
    });
    acts.note(act);
    await store.save(ctx, acts);
  });
}
