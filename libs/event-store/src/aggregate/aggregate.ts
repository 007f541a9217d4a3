import { UnhandledEvent } from '../event-store.errors.js';
import type { DomainEvent, EventDefinition } from '../event/event-definition.js';

/** What the store does with an aggregate. */
interface AggregateInternals {
  /** Applies a stored event and counts it. */
  replay(aggregate: Aggregate, event: DomainEvent): void;
  /** The events recorded since the aggregate was loaded or saved. */
  recorded(aggregate: Aggregate): readonly DomainEvent[];
  /** The first `count` recorded events are stored now. */
  saved(aggregate: Aggregate, count: number): void;
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
      replay: (aggregate, event) => {
        aggregate.apply(event);
        aggregate.#version += 1;
      },
      recorded: (aggregate) => aggregate.#recorded,
      saved: (aggregate, count) => {
        aggregate.#version += count;
        aggregate.#recorded = aggregate.#recorded.slice(count);
      },
    };
  }
}

/** An aggregate's class: what the store must know to save and load its instances. */
export interface AggregateClass<A extends Aggregate = Aggregate> {
  new (id: string): A;
  /** `area.noun`, lower case. Stored with every event and never changed. */
  readonly streamType: string;
  /** Every event that a stream of this type may hold, in every schema version that can be read. */
  readonly events: readonly EventDefinition[];
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
