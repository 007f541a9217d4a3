import type { Position } from '../position.js';
import type { DomainEvent } from './event-definition.js';

/** Who caused an event and why; the lasting part of the {@link Context}. */
export interface EventMetadata {
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly commandId?: string;
  /** Whose personal data the event has, if it is one person's only. */
  readonly subject?: string;
}

/**
 * An event on its way into the log: everything is known but its place there, which the database gives out at the
 * insert. Hooks that run in the append's transaction get this.
 */
export type PendingEvent<E extends DomainEvent = DomainEvent> = E extends DomainEvent
  ? {
      readonly tenantId: string;
      readonly streamType: string;
      readonly streamId: string;
      /** The event's number in its stream, from 1, without gaps. */
      readonly version: number;
      /** The event's own id, a UUIDv7. */
      readonly id: string;
      readonly type: E['type'];
      readonly schemaVersion: E['version'];
      readonly data: E['data'];
      readonly metadata: EventMetadata;
      /** When it was appended, by the clock of the process that appended it, in whole milliseconds. */
      readonly recordedAt: Date;
    }
  : never;

/** An event as it stands in the log. */
export type RecordedEvent<E extends DomainEvent = DomainEvent> = PendingEvent<E> & {
  readonly position: Position;
  /** Of the events that one stored event is read as, which one: 1 for the second. They share all but type and data. */
  readonly part?: number;
};
