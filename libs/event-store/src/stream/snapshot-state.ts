import { internals, type Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import { defineEvent, type EventDefinition } from '../event/event-definition.js';
import { encodeData, type EventLimits } from '../event/event-encoder.js';
import type { Snapshot } from './snapshot.js';

/** An aggregate's state, kept like the data of an event that would be defined like this. */
export interface EncodedState {
  readonly definition: EventDefinition;
  readonly data: unknown;
  readonly json: string;
}

/** What a snapshot would be if it were an event: how its state is checked, and what in it is personal. */
export function definitionOf({ streamType }: AggregateClass, { version, schema }: Snapshot): EventDefinition {
  return defineEvent({ type: `${streamType}.snapshot`, version, schema });
}

/** An aggregate's state, checked. */
export function encodeState(
  type: AggregateClass,
  snapshot: Snapshot,
  aggregate: Aggregate,
  limits: EventLimits,
): EncodedState {
  const definition = definitionOf(type, snapshot);
  return { definition, ...encodeData(definition, definition.of(snapshot.take(aggregate)), limits) };
}

/**
 * A new aggregate in a state that was kept.
 *
 * @throws whatever is wrong with the state.
 */
export function restoreState<A extends Aggregate>(
  type: AggregateClass<A>,
  snapshot: Snapshot<A>,
  id: string,
  version: number,
  state: unknown,
): A {
  const aggregate = new type(id);
  snapshot.restore(aggregate, snapshot.schema.parse(state));
  internals.restored(aggregate, version);
  return aggregate;
}
