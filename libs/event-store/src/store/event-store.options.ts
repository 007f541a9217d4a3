import type { EventLimits } from '../event/event-encoder.js';
import type { Position } from '../position.js';
import type { AppendCondition } from '../tag/event-query.js';

/** What a save did. */
export interface AppendResult {
  readonly streamId: string;
  /** The stream's version now. */
  readonly version: number;
  /** Where the last event stands in the log; undefined if there was nothing to append. */
  readonly position: Position | undefined;
}

/** How {@link EventStore.update} behaves. */
export interface UpdateOptions {
  /** The version that the caller has seen: nothing is decided on any other. */
  readonly expectedVersion?: number | undefined;
  /** Makes the domain's own error for a stream that does not exist. */
  readonly notFound?: () => Error;
}

/** How {@link EventStore.save} and {@link EventStore.saveAll} behave. */
export interface SaveOptions {
  /** Refuses to append if such an event has come: what the decision depends on, beyond its own streams. */
  readonly unless?: AppendCondition | undefined;
}

/** Limits of the store. */
export interface EventStoreOptions extends Partial<EventLimits> {
  /** How often {@link EventStore.update} decides anew after losing a race. Default 5. */
  readonly updateAttempts?: number;
}
