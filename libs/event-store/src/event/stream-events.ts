import {
  EventOutdated,
  RegistrationError,
  UnknownEventType,
  UnknownEventVersion,
} from '../event-store.errors.js';
import type { EventDefinition } from './event-definition.js';
import type { Upcaster } from './upcaster.js';

/** An event that may be stored. */
export interface KnownEvent {
  readonly definition: EventDefinition;
  /** How it is read; undefined for a current event, which is read as it is. */
  readonly upcaster: Upcaster | undefined;
}

/** The events that the streams of one aggregate may hold. */
export class StreamEvents {
  private readonly byType = new Map<string, Map<number, KnownEvent>>();
  private personal = false;

  constructor(
    /** The name of the aggregate's class, for messages. */
    readonly aggregate: string,
    readonly streamType: string,
  ) {}

  /** True if one of the events has personal fields. */
  get hasPersonalData(): boolean {
    return this.personal;
  }

  /** @throws {RegistrationError} if the version is listed already, as a current event or by another upcaster. */
  add(event: KnownEvent): void {
    const { type, version } = event.definition;
    const versions = this.byType.get(type) ?? new Map<number, KnownEvent>();
    const other = versions.get(version);
    if (other) {
      const named = `The event ${type} of ${this.aggregate}`;
      const twice = [other, event].map(({ upcaster }) => (upcaster ? 'upcaster' : 'event')).join(' and ');
      throw new RegistrationError(`${named} is listed twice in version ${version}: as ${twice}`);
    }
    this.byType.set(type, versions.set(version, event));
    this.personal ||= event.definition.personal.length > 0;
  }

  /** Every event, each type's in the order of registration. */
  events(): KnownEvent[] {
    return [...this.byType.values()].flatMap((versions) => Array.from(versions.values()));
  }

  /**
   * What is known of an event that is stored.
   *
   * @throws {UnknownEventType} for a type that the aggregate does not list.
   * @throws {UnknownEventVersion} for a schema version that it does not list.
   */
  known(type: string, version: number): KnownEvent {
    const versions = this.byType.get(type);
    if (!versions) throw new UnknownEventType(this.streamType, type);
    const known = versions.get(version);
    if (!known) throw new UnknownEventVersion(this.streamType, type, version);
    return known;
  }

  /**
   * The definition of an event that may be recorded.
   *
   * @throws {UnknownEventType} {@link UnknownEventVersion} as {@link known} does.
   * @throws {EventOutdated} for an event that is only read any more.
   */
  definition(type: string, version: number): EventDefinition {
    const { definition, upcaster } = this.known(type, version);
    if (upcaster) throw new EventOutdated(type, version);
    return definition;
  }
}
