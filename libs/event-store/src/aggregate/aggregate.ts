import { UnhandledEvent } from '../event-store.errors.js';
import type { DomainEvent, EventDefinition } from '../event/event-definition.js';
import type { Upcaster } from '../event/upcaster.js';
import type { Snapshot } from '../stream/snapshot.js';

/** What the store does with an aggregate. */
interface AggregateInternals {
  /** Applies events that were read; `stored` is how many they were in the stream, before they were upcast. */
  replay(aggregate: Aggregate, events: readonly DomainEvent[], stored: number): void;
  /** The events recorded since the aggregate was loaded or saved. */
  recorded(aggregate: Aggregate): readonly DomainEvent[];
  /** The first `count` recorded events are stored now. */
  saved(aggregate: Aggregate, count: number): void;
  /** Its state is what a snapshot of this version holds. */
  restored(aggregate: Aggregate, version: number): void;
  /** The version of the last snapshot; 0 if there is none. */
  snapshotAt(aggregate: Aggregate): number;
  /** The next event that was read says that the stream ends with it. */
  archived(aggregate: Aggregate): void;
  /** True if nothing can be appended to the stream any more. */
  isArchived(aggregate: Aggregate): boolean;
}

/** For the store and the testing kit; not exported from the package. */
export let internals: AggregateInternals;

/**
 * Something that decides, and remembers by its events alone. Its methods check a rule, then {@link record} what
 * happened; only {@link apply} changes its state. It knows no clock, no randomness and no database: such values
 * come in as arguments.
 *
 * @example
 * type DoorEvent = EventOf<typeof DoorOpened | typeof DoorClosed>;
 *
 * export class Door extends Aggregate<DoorEvent> {
 *   static readonly streamType = 'house.door';
 *   static readonly events = [DoorOpened, DoorClosed];
 *   private open = false;
 *
 *   enter(by: string): void {
 *     if (this.open) throw new DoorAlreadyOpen(this.id);
 *     this.record(DoorOpened.of({ by }));
 *   }
 *
 *   protected apply(event: DoorEvent): void {
 *     switch (event.type) {
 *       case 'house.door.opened':
 *         this.open = true;
 *         return;
 *       case 'house.door.closed':
 *         this.open = false;
 *         return;
 *       default:
 *         unhandledEvent(event);
 *     }
 *   }
 * }
 */
export abstract class Aggregate<E extends DomainEvent = DomainEvent> {
  #version = 0;
  #snapshotAt = 0;
  #archived = false;
  #recorded: E[] = [];

  /** @param id names the stream; unique over all streams of the tenant, whatever their type. */
  constructor(readonly id: string) {}

  /** How many events of the stream are stored: the version that a save expects to find. 0 for a new aggregate. */
  get version(): number {
    return this.#version;
  }

  /** Applies an event and keeps it for the next save. */
  protected record(event: E): void {
    this.apply(event);
    this.#recorded.push(event);
  }

  /** The only place where state changes. It must not decide anything, and must throw on an event it does not know. */
  protected abstract apply(event: E): void;

  static {
    // The store needs what nobody else may touch; from here it gets a door of its own, outside the class's surface.
    internals = {
      replay: (aggregate, events, stored) => {
        for (const event of events) aggregate.apply(event);
        aggregate.#version += stored;
      },
      recorded: (aggregate) => aggregate.#recorded,
      saved: (aggregate, count) => {
        aggregate.#version += count;
        aggregate.#recorded = aggregate.#recorded.slice(count);
      },
      restored: (aggregate, version) => {
        aggregate.#version = version;
        aggregate.#snapshotAt = version;
      },
      snapshotAt: (aggregate) => aggregate.#snapshotAt,
      archived: (aggregate) => {
        aggregate.#version += 1;
        aggregate.#archived = true;
      },
      isArchived: (aggregate) => aggregate.#archived,
    };
  }
}

/** An aggregate's class: what the store must know to save and load its instances. */
export interface AggregateClass<A extends Aggregate = Aggregate> {
  new (id: string): A;
  /** `area.noun`, lower case. Stored with every event and never changed. */
  readonly streamType: string;
  /** Every event that the aggregate records and applies. */
  readonly events: readonly EventDefinition[];
  /** How events that it recorded in the past, in older versions or under other types, become events of today. */
  readonly upcasters?: readonly Upcaster[];
  /** How its state is kept now and then, so that a long stream loads as fast as a short one. */
  readonly snapshot?: Snapshot<A>;
}

/**
 * Ends the `switch` of an `apply`: does not compile while an event has no case, and throws if one comes nonetheless.
 *
 * @throws {UnhandledEvent} always.
 * @example
 * default:
 *   unhandledEvent(event);
 */
export function unhandledEvent(event: never): never {
  throw new UnhandledEvent((event as DomainEvent).type);
}
