import { deepStrictEqual } from 'node:assert/strict';
import { internals, type Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import type { DomainEvent, EventDefinition } from '../event/event-definition.js';
import { EventRegistry } from '../event/event-registry.js';
import { EventDecoder } from '../store/decoding.js';

/** A stream as some release stored it, and what an aggregate must be after it: for ever the same. */
export interface ShippedStream {
  /** What the test is called. */
  readonly name: string;
  /** In the versions of that time. */
  readonly events: readonly DomainEvent[];
  readonly state: unknown;
}

/**
 * Replays streams as they were shipped. Kept as JSON and only ever added to, they prove that what is stored can still
 * be read, whatever became of the events since.
 *
 * @param stateOf what of the aggregate is compared; by default all of its fields that JSON knows.
 * @throws {AssertionError} if a listed version of an event is in no stream, data does not fit the schema of its
 * version, what it is upcast to does not fit that of the target, or the state is another one.
 * @throws {UnknownEventType} {@link UnknownEventVersion} for an event that the aggregate does not list any more.
 * @example
 * it('reads what was ever shipped', async () => {
 *   const streams = JSON.parse(await readFile(new URL('order.shipped-events.json', import.meta.url), 'utf8'));
 *   await expectShippedEvents(Order, streams);
 * });
 */
export async function expectShippedEvents<A extends Aggregate>(
  type: AggregateClass<A>,
  streams: readonly ShippedStream[],
  stateOf: (aggregate: A) => unknown = fieldsOf,
): Promise<void> {
  const registry = new EventRegistry();
  registry.register(type);
  const shipped = new Set(streams.flatMap(({ events }) => events.map(nameOf)));
  const missing = registry
    .events()
    .map(({ definition }) => nameOf(definition))
    .filter((event) => !shipped.has(event));
  deepStrictEqual(missing, [], 'Every version of every event must be in some stream');

  const known = registry.eventsOf(type);
  const decoder = new EventDecoder(registry);
  for (const { name, events, state } of streams) {
    for (const event of events) expectFits(known.known(event.type, event.version).definition, event, name);
    const rows = events.map(({ type: stored, version, data }) => ({
      type: stored,
      schema_version: version,
      data,
    }));
    const read = await decoder.stream(tenantId, type.streamType, name, rows);
    for (const event of read) expectFits(known.definition(event.type, event.version), event, name);
    const aggregate = new type(name);
    internals.replay(aggregate, read, rows.length);
    deepStrictEqual(stateOf(aggregate), state, `${name} must replay to the same state`);
  }
}

const tenantId = '00000000-0000-0000-0000-000000000000';

/** What is stored is what the schema returned, so nothing may be missing from it and nothing more. */
function expectFits({ schema }: EventDefinition, event: DomainEvent, stream: string): void {
  const where = `${nameOf(event)} of ${stream} must fit its schema`;
  const { data, error } = schema.safeParse(event.data);
  deepStrictEqual(error?.issues ?? [], [], where);
  deepStrictEqual(asJson(data), asJson(event.data), where);
}

function fieldsOf(aggregate: Aggregate): unknown {
  const { id: _, ...fields } = aggregate;
  return asJson(fields);
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function nameOf({ type, version }: Pick<DomainEvent, 'type' | 'version'>): string {
  return `${type}@${version}`;
}
