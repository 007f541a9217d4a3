import { deepStrictEqual, fail, ok } from 'node:assert/strict';
import { internals, type Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import { defaultLimits, encodeData } from '../event/event-encoder.js';
import { EventRegistry } from '../event/event-registry.js';
import type { StreamEvents } from '../event/stream-events.js';
import type { DomainEvent } from '../event/event-definition.js';
import { encodeState, restoreState } from '../stream/snapshot-state.js';

type EventsOf<A extends Aggregate> = A extends Aggregate<infer E> ? readonly E[] : never;

/** What happened so far. */
export interface Given<A extends Aggregate> {
  /** What is done now. */
  when(act: (aggregate: A) => void): When<A>;
}

/** What is expected to come of it. */
export interface When<A extends Aggregate> {
  /** Exactly these events are recorded; none for `[]`. */
  then(expected: EventsOf<A>): void;
  /** It throws this error, and records nothing. */
  thenThrows(expected: new (...args: never[]) => Error): void;
}

/**
 * Tests what an aggregate decides, with nothing but the aggregate. The events, those given and those recorded,
 * must be among the ones that it lists and fit their schemas, as the store would demand. If it declares a snapshot, that
 * must bring back the state that the given events make.
 *
 * @example
 * given(Tenant, id, [TenantCreated.of({ slug: 'acme' })])
 *   .when((tenant) => tenant.suspend('unpaid'))
 *   .then([TenantSuspended.of({ reason: 'unpaid' })]);
 */
export function given<A extends Aggregate>(
  type: AggregateClass<A>,
  id: string,
  events: EventsOf<A>,
): Given<A> {
  const registry = new EventRegistry();
  registry.register(type);
  const stream = registry.eventsOf(type);
  return {
    when: (act) => ({
      // oxlint-disable-next-line unicorn/no-thenable -- given / when / then is what these steps are called; never awaited
      then(expected) {
        const aggregate = replayed(type, id, events, stream);
        act(aggregate);
        const recorded = internals.recorded(aggregate);
        deepStrictEqual(recorded, expected);
        for (const event of recorded) check(stream, event);
      },
      thenThrows(expected) {
        const aggregate = replayed(type, id, events, stream);
        try {
          act(aggregate);
        } catch (error) {
          ok(error instanceof expected, `Expected ${expected.name}, but it threw ${String(error)}`);
          deepStrictEqual(internals.recorded(aggregate), []);
          return;
        }
        fail(`Expected ${expected.name}, but nothing was thrown`);
      },
    }),
  };
}

function replayed<A extends Aggregate>(
  type: AggregateClass<A>,
  id: string,
  events: readonly DomainEvent[],
  stream: StreamEvents,
): A {
  const aggregate = new type(id);
  for (const event of events) {
    check(stream, event);
    internals.replay(aggregate, [event], 1);
  }
  return events.length > 0 ? throughSnapshot(type, aggregate) : aggregate;
}

/** Where a snapshot is declared, the test goes on with what it restores, which must be the very same. */
function throughSnapshot<A extends Aggregate>(type: AggregateClass<A>, aggregate: A): A {
  const { snapshot } = type;
  if (!snapshot) return aggregate;
  const { json } = encodeState(type, snapshot, aggregate, defaultLimits);
  const restored = restoreState(type, snapshot, aggregate.id, aggregate.version, JSON.parse(json));
  deepStrictEqual(
    restored,
    aggregate,
    `The snapshot of ${type.name} does not restore what events made of it`,
  );
  return restored;
}

function check(stream: StreamEvents, event: DomainEvent): void {
  encodeData(stream.definition(event.type, event.version), event, defaultLimits);
}
