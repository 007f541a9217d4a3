import { z } from 'zod';
import type { AggregateClass } from '../aggregate/aggregate.js';
import { RegistrationError, UnregisteredAggregate } from '../event-store.errors.js';
import { checkSnapshot } from '../stream/check-snapshot.js';
import { checkUpcasters } from './check-upcasters.js';
import { describeEvent, type EventTypeDescription } from './describe-events.js';
import type { EventDefinition } from './event-definition.js';
import { StreamEvents, type KnownEvent } from './stream-events.js';

const nameFormat = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/;

/**
 * Every aggregate and event that the program knows. Whatever is declared wrongly fails here, at boot, and not at
 * the first customer who meets it.
 *
 * @example
 * const registry = new EventRegistry();
 * registry.register(Tenant);
 */
export class EventRegistry {
  private readonly streams = new Map<Function, StreamEvents>();
  private readonly byStreamType = new Map<string, StreamEvents>();
  private readonly byEventType = new Map<string, StreamEvents>();

  /**
   * Adds an aggregate and its events. Adding the same class again changes nothing.
   *
   * @throws {RegistrationError} naming what is wrong: a missing or doubled stream type, no events, an event without a
   * schema, one whose data is no JSON, a doubled type and version, an event that two aggregates list, or upcasters
   * that leave a version without a way to a current one.
   */
  register(aggregate: AggregateClass): void {
    if (this.streams.has(aggregate)) return;
    const { name, streamType, events, upcasters = [] } = aggregate;
    if (!nameFormat.test(streamType ?? ''))
      fail(`${name} needs a streamType such as 'area.noun', not ${streamType}`);
    const other = this.byStreamType.get(streamType);
    if (other) fail(`${name} and ${other.aggregate} have the same streamType, ${streamType}`);
    if (!events?.length) fail(`${name} lists no events`);
    checkSnapshot(aggregate);
    const stream = new StreamEvents(name, streamType);
    for (const definition of events) this.add(stream, { definition, upcaster: undefined });
    for (const upcaster of upcasters) this.add(stream, { definition: upcaster.from, upcaster });
    checkUpcasters(stream);

    this.streams.set(aggregate, stream);
    this.byStreamType.set(streamType, stream);
    for (const { definition } of stream.events()) this.byEventType.set(definition.type, stream);
  }

  /**
   * The events of an aggregate's streams.
   *
   * @throws {UnregisteredAggregate}
   */
  eventsOf(aggregate: Function): StreamEvents {
    const stream = this.streams.get(aggregate);
    if (!stream) throw new UnregisteredAggregate(aggregate.name);
    return stream;
  }

  /** The events of the streams of one type; undefined if no aggregate of that type is registered. */
  stream(streamType: string): StreamEvents | undefined {
    return this.byStreamType.get(streamType);
  }

  /**
   * What is known of an event that is stored somewhere.
   *
   * @returns undefined for a type that no registered aggregate lists: another program's business.
   * @throws {UnknownEventVersion} for a known type in an unknown version: a newer program stored it.
   */
  find(type: string, version: number): KnownEvent | undefined {
    return this.byEventType.get(type)?.known(type, version);
  }

  /** Every event that may be stored, current or only read any more, in the order of registration. */
  events(): KnownEvent[] {
    return [...this.byStreamType.values()].flatMap((stream) => stream.events());
  }

  /** Every current event, in the order of registration. */
  definitions(): EventDefinition[] {
    return this.events()
      .filter(({ upcaster }) => !upcaster)
      .map(({ definition }) => definition);
  }

  /**
   * The types under which events may be stored that are read as one of these: the types themselves, and those that
   * upcasters lead on from.
   *
   * @example
   * registry.sourcesOf(['shop.order.paid']); // ['shop.order.paid', 'shop.order.paid_and_shipped']
   */
  sourcesOf(types: readonly string[]): readonly string[] {
    const sources = new Set(types);
    const upcasters = this.events().flatMap(({ upcaster }) => upcaster ?? []);
    for (let size = 0; size < sources.size;) {
      size = sources.size;
      for (const { from, targets } of upcasters)
        if (targets.some(({ type }) => sources.has(type))) sources.add(from.type);
    }
    return [...sources];
  }

  /**
   * Every event that may be stored, described: for documentation, and for whoever reads a feed.
   *
   * @example
   * const current = registry.describe().filter(({ current }) => current);
   */
  describe(): EventTypeDescription[] {
    return [...this.byStreamType.values()].flatMap((stream) =>
      stream.events().map((event) => describeEvent(stream, event)),
    );
  }

  private add(stream: StreamEvents, event: KnownEvent): void {
    const { type, version, schema } = event.definition ?? {};
    const named = `The event ${type} of ${stream.aggregate}`;
    if (!nameFormat.test(type ?? '')) fail(`${named} needs a type such as 'area.noun.fact'`);
    if (!Number.isSafeInteger(version) || version < 1)
      fail(`${named} needs a version from 1, not ${version}`);
    if (typeof schema?.safeParse !== 'function') fail(`${named} has no schema`);
    const owner = this.byEventType.get(type);
    if (owner) fail(`${named} belongs to ${owner.aggregate} already`);
    try {
      // Whatever JSON Schema can express survives being stored; dates, maps and transformations would not.
      z.toJSONSchema(schema);
    } catch (error) {
      fail(`${named} has a schema whose data is not JSON: ${String(error)}`);
    }
    stream.add(event);
  }
}

function fail(reason: string): never {
  throw new RegistrationError(reason);
}
