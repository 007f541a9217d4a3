import { z } from 'zod';
import type { AggregateClass } from '../aggregate/aggregate.js';
import {
  RegistrationError,
  UnknownEventType,
  UnknownEventVersion,
  UnregisteredAggregate,
} from '../event-store.errors.js';
import type { EventDefinition } from './event-definition.js';

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
  private readonly streamTypes = new Map<string, AggregateClass>();
  private readonly owners = new Map<string, AggregateClass>();

  /**
   * Adds an aggregate and its events. Adding the same class again changes nothing.
   *
   * @throws {RegistrationError} naming what is wrong: a missing or doubled stream type, no events, an event without a
   * schema, one whose data is no JSON, a doubled type and version, or an event that two aggregates list.
   */
  register(aggregate: AggregateClass): void {
    if (this.streams.has(aggregate)) return;
    const { name, streamType, events } = aggregate;
    if (!nameFormat.test(streamType ?? ''))
      fail(`${name} needs a streamType such as 'area.noun', not ${streamType}`);
    const other = this.streamTypes.get(streamType);
    if (other) fail(`${name} and ${other.name} have the same streamType, ${streamType}`);
    if (!events?.length) fail(`${name} lists no events`);
    for (const definition of events) this.check(aggregate, definition);

    this.streams.set(aggregate, new StreamEvents(streamType, events));
    this.streamTypes.set(streamType, aggregate);
    for (const { type } of events) this.owners.set(type, aggregate);
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

  /** Every registered event definition, in the order of registration. */
  definitions(): EventDefinition[] {
    return [...this.streamTypes.values()].flatMap(({ events }) => events);
  }

  private check(aggregate: AggregateClass, definition: EventDefinition): void {
    const { type, version, schema } = definition ?? {};
    const event = `The event ${type} of ${aggregate.name}`;
    if (!nameFormat.test(type ?? '')) fail(`${event} needs a type such as 'area.noun.fact'`);
    if (!Number.isSafeInteger(version) || version < 1)
      fail(`${event} needs a version from 1, not ${version}`);
    if (typeof schema?.safeParse !== 'function') fail(`${event} has no schema`);
    const sameVersion = aggregate.events.filter((other) => other.type === type && other.version === version);
    if (sameVersion.length > 1) fail(`${event} is listed twice in version ${version}`);
    const owner = this.owners.get(type);
    if (owner) fail(`${event} belongs to ${owner.name} already`);
    try {
      // Whatever JSON Schema can express survives being stored; dates, maps and transformations would not.
      z.toJSONSchema(schema);
    } catch (error) {
      fail(`${event} has a schema whose data is not JSON: ${String(error)}`);
    }
  }
}

/** The events that the streams of one aggregate may hold. */
export class StreamEvents {
  private readonly byType = new Map<string, Map<number, EventDefinition>>();

  constructor(
    readonly streamType: string,
    definitions: readonly EventDefinition[],
  ) {
    for (const definition of definitions) {
      const versions = this.byType.get(definition.type) ?? new Map<number, EventDefinition>();
      this.byType.set(definition.type, versions.set(definition.version, definition));
    }
  }

  /**
   * @throws {UnknownEventType} for a type that the aggregate does not list.
   * @throws {UnknownEventVersion} for a schema version that it does not list.
   */
  definition(type: string, version: number): EventDefinition {
    const versions = this.byType.get(type);
    if (!versions) throw new UnknownEventType(this.streamType, type);
    const definition = versions.get(version);
    if (!definition) throw new UnknownEventVersion(this.streamType, type, version);
    return definition;
  }
}

function fail(reason: string): never {
  throw new RegistrationError(reason);
}
