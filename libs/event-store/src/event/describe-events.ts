import { z } from 'zod';
import type { EventDefinition, PersonalField } from './event-definition.js';
import type { KnownEvent, StreamEvents } from './stream-events.js';

/** A JSON Schema (draft 2020-12). */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The name of one schema version of an event. */
export interface EventTypeVersion {
  readonly type: string;
  readonly version: number;
}

/** What can be said of an event without reading code; see {@link EventRegistry.describe}. */
export interface EventTypeDescription extends EventTypeVersion {
  /** False for what is only read any more. */
  readonly current: boolean;
  /** What the stored data looks like. */
  readonly schema: JsonSchema;
  readonly personal: readonly PersonalField[];
  /** The type of the streams that hold it. */
  readonly streamType: string;
  /** The types of the streams whose aggregates may record it; none for what is only read any more. */
  readonly producedBy: readonly string[];
  /** What it is read as, if not as itself; none as well for what is dropped. */
  readonly upcastsTo: readonly EventTypeVersion[];
}

export function describeEvent(
  { streamType }: StreamEvents,
  { definition, upcaster }: KnownEvent,
): EventTypeDescription {
  const { type, version, schema, personal } = definition;
  return {
    type,
    version,
    current: !upcaster,
    schema: z.toJSONSchema(schema),
    personal,
    streamType,
    producedBy: upcaster ? [] : [streamType],
    upcastsTo: upcaster?.targets.map(nameOf) ?? [],
  };
}

function nameOf({ type, version }: EventDefinition): EventTypeVersion {
  return { type, version };
}
