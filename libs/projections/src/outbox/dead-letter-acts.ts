import { StreamNotFound, type Context, type EventStore, type RecordedEvent } from '@acci/event-store';
import type { Delivery } from '../reaction/reaction.js';
import { DeadLetterActs } from './dead-letter.aggregate.js';

/** What happened to a dead letter so far. */
export function actsOf(store: EventStore, ctx: Context, id: string): Promise<DeadLetterActs> {
  return store.load(ctx, DeadLetterActs, id).catch((error: unknown) => {
    if (error instanceof StreamNotFound) return new DeadLetterActs(id);
    throw error;
  });
}

/** Appends what became of a delivery, in the open transaction, on behalf of the request that caused the event. */
export async function noteFate(
  store: EventStore,
  reaction: string,
  { tenantId, id, kind, name, attempt }: Delivery,
  event: RecordedEvent | undefined,
  fate: 'open' | 'deliver',
): Promise<void> {
  const ctx: Context = {
    tenantId,
    actor: `system:${reaction}`,
    correlationId: event?.metadata.correlationId ?? id,
    ...(event && { causationId: event.id }),
  };
  const acts = await actsOf(store, ctx, id);
  acts[fate]({ reaction, kind, name, attempts: attempt });
  await store.save(ctx, acts);
}
