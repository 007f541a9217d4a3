import { describeEvent, type EventTypeDescription } from '../event/describe-events.js';
import type { EventDefinition } from '../event/event-definition.js';
import type { EventRegistry } from '../event/event-registry.js';
import { StreamEvents } from '../event/stream-events.js';
import { StreamArchivedEvent } from '../stream/archived.js';

/** Stands for the streams of every type. */
const anyStream = '*';

/** An event that a reader of events may meet. */
export interface KnownEventType {
  readonly definition: EventDefinition;
  readonly description: EventTypeDescription;
}

/** Every event that a reader may meet: those of the aggregates, and what the framework adds to any stream. */
export function knownEvents(registry: EventRegistry): KnownEventType[] {
  const ofAggregates = registry.describe().flatMap((description) => {
    const known = registry.find(description.type, description.version);
    return known ? [{ definition: known.definition, description }] : [];
  });
  const framework = new StreamEvents('Any aggregate', anyStream);
  const archived = { definition: StreamArchivedEvent, upcaster: undefined };
  const description = describeEvent(framework, archived);
  return [...ofAggregates, { definition: StreamArchivedEvent, description }];
}

/** True for an event that streams of a type may hold. */
export function mayHold(streamType: string, { streamType: own }: EventTypeDescription): boolean {
  return own === streamType || own === anyStream;
}
