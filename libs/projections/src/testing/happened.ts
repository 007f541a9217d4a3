import { uuidv7 } from '@acci/database';
import type { DomainEvent } from '@acci/event-store';
import type { ProjectedEvent } from '../projection.js';

/** What a test says about an event beyond its data; the rest is made up. */
export interface Happening extends Partial<Omit<ProjectedEvent, 'type' | 'schemaVersion' | 'data'>> {
  readonly tenantId: string;
  readonly streamId: string;
}

/**
 * An event as a projection gets it, without a store.
 *
 * @example
 * happened(OrderPlaced.of({ total: 12 }), { tenantId, streamId: 'order-1' });
 */
export function happened<E extends DomainEvent>(event: E, happening: Happening): ProjectedEvent<E> {
  const made: ProjectedEvent = {
    streamType: event.type.split('.').slice(0, -1).join('.'),
    version: 1,
    id: uuidv7(),
    type: event.type,
    schemaVersion: event.version,
    data: event.data,
    metadata: { actor: 'test', correlationId: uuidv7() },
    recordedAt: new Date(),
    ...happening,
  };
  return made as ProjectedEvent<E>;
}
