import { DomainError } from './domain-error.js';

/** A stream was asked for that has no event, or holds events of another aggregate. */
export class StreamNotFound extends DomainError {
  readonly code = 'event_store.stream.not_found';
  readonly kind = 'not_found';

  constructor(
    readonly streamType: string,
    readonly streamId: string,
  ) {
    super(`There is no ${streamType} ${streamId}`);
  }
}

/** Somebody else appended to the stream since it was loaded. Load, decide and save again: `EventStore.update` does. */
export class StreamConflict extends DomainError {
  readonly code = 'event_store.stream.conflict';
  readonly kind = 'conflict';

  constructor(streamType: string, streamId: string, expectedVersion: number, options?: ErrorOptions) {
    super(`${streamType} ${streamId} has changed since version ${expectedVersion}`, options);
  }
}

/** The caller named the version that it had seen, and the stream is at another one. */
export class VersionMismatch extends DomainError {
  readonly code = 'event_store.version.mismatch';
  readonly kind = 'precondition_failed';
  override readonly details: { readonly expectedVersion: number };

  constructor(streamType: string, streamId: string, expectedVersion: number, options?: ErrorOptions) {
    super(`${streamType} ${streamId} is not at version ${expectedVersion}`, options);
    this.details = { expectedVersion };
  }
}

/** An aggregate was asked for at a version that its stream has not reached. */
export class VersionNotFound extends DomainError {
  readonly code = 'event_store.version.not_found';
  readonly kind = 'not_found';

  constructor(streamType: string, streamId: string, version: number | undefined) {
    super(`${streamType} ${streamId} has no version ${version}`);
  }
}

/** The stream was archived: its events can be read, and none can follow. */
export class StreamArchived extends DomainError {
  readonly code = 'event_store.stream.archived';
  readonly kind = 'conflict';

  constructor(streamType: string, streamId: string) {
    super(`${streamType} ${streamId} is archived`);
  }
}

/** Another stream of the tenant holds the value, and the claim names no error of its own for that. */
export class ClaimTaken extends DomainError {
  readonly code = 'event_store.claim.taken';
  readonly kind = 'conflict';
  override readonly details: { readonly scope: string };

  constructor(scope: string, options?: ErrorOptions) {
    super(`The value for ${scope} is taken`, options);
    this.details = { scope };
  }
}

/** A stream id that is empty, over 255 characters, or not storable as text. */
export class InvalidStreamId extends DomainError {
  readonly code = 'event_store.stream.invalid_id';
  readonly kind = 'invalid';

  constructor() {
    super('A stream id must have 1 to 255 characters of valid Unicode, none of them NUL');
  }
}

/** What is wrong with one place in an event's data. */
export interface EventDataProblem {
  /** JSON pointer into the data. */
  readonly pointer: string;
  readonly message: string;
}

/** An event's data does not fit its schema. */
export class EventInvalid extends DomainError {
  readonly code = 'event_store.event.invalid';
  readonly kind = 'invalid';

  constructor(
    type: string,
    readonly errors: readonly EventDataProblem[],
  ) {
    super(
      `The data of ${type} is invalid: ${errors.map((e) => `${e.pointer || '/'} ${e.message}`).join('; ')}`,
    );
  }
}

/** Why data cannot be stored, whatever its schema says. */
export type UnstorableReason = 'not_json' | 'too_deep' | 'invalid_text' | 'unsafe_key';

const unstorable: Record<UnstorableReason, string> = {
  not_json: 'is no JSON value',
  too_deep: 'is nested too deeply',
  invalid_text: 'holds NUL or half a surrogate pair, which PostgreSQL cannot store',
  unsafe_key: 'has a key named __proto__',
};

/**
 * Data that would not come back as it was given, or would be dangerous to read.
 * Codes: `event_store.data.not_json`, `.too_deep`, `.invalid_text` and `.unsafe_key`.
 */
export class UnstorableData extends DomainError {
  readonly code: `event_store.data.${UnstorableReason}`;
  readonly kind = 'invalid';
  readonly errors: readonly EventDataProblem[];

  constructor(what: string, reason: UnstorableReason, pointer: string) {
    super(`${what} cannot be stored: ${pointer || 'it'} ${unstorable[reason]}`);
    this.code = `event_store.data.${reason}`;
    this.errors = [{ pointer, message: unstorable[reason] }];
  }
}

/** The data of one event has more bytes as JSON than `maxEventBytes` allows. */
export class EventTooLarge extends DomainError {
  readonly code = 'event_store.event.too_large';
  readonly kind = 'too_large';
  override readonly details: { readonly bytes: number; readonly maxBytes: number };

  constructor(type: string, bytes: number, maxBytes: number) {
    super(`The data of ${type} has ${bytes} bytes, over the limit of ${maxBytes}`);
    this.details = { bytes, maxBytes };
  }
}

/**
 * The log was restored into another cluster, where the transaction ids of its events mean nothing, and no migration
 * has run since. Nothing is read or written until one has: it begins a new epoch.
 */
export class EpochNotAdopted extends DomainError {
  readonly code = 'event_store.epoch.not_adopted';
  readonly kind = 'unavailable';

  constructor() {
    super('The event log comes from another database cluster: run the migrations, which adopt it here');
  }
}

/**
 * The program is at fault, not who called it: such an error has a code for the operator, but no kind, so that HTTP
 * callers get a plain 500.
 */
export abstract class EventStoreFault extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An event whose type its aggregate does not list: never registered, or stored by other code. */
export class UnknownEventType extends EventStoreFault {
  readonly code = 'event_store.event.unknown_type';

  constructor(streamType: string, type: string) {
    super(`${streamType} does not list the event ${type}`);
  }
}

/** An event of a known type in a schema version that this program does not know; a newer program stored it. */
export class UnknownEventVersion extends EventStoreFault {
  readonly code = 'event_store.event.unknown_version';

  constructor(streamType: string, type: string, version: number) {
    super(`${streamType} does not list version ${version} of the event ${type}`);
  }
}

/** An event is recorded in a version, or under a type, that is only read any more: an upcaster leads on from it. */
export class EventOutdated extends EventStoreFault {
  readonly code = 'event_store.event.outdated';

  constructor(type: string, version: number) {
    super(`Version ${version} of the event ${type} is outdated: record what it is upcast to`);
  }
}

/** An upcaster threw. Its error is the cause; the event stays unread until the upcaster copes with it. */
export class UpcastFailed extends EventStoreFault {
  readonly code = 'event_store.event.upcast_failed';

  constructor(event: string, stream: string, options: ErrorOptions) {
    super(`${event} of ${stream} cannot be upcast: ${String(options.cause)}`, options);
  }
}

/** An aggregate's `apply` has no case for an event that the aggregate lists. */
export class UnhandledEvent extends EventStoreFault {
  readonly code = 'event_store.event.unhandled';

  constructor(type: string) {
    super(`The aggregate does not handle the event ${type}`);
  }
}

/** Aggregates or events are declared wrongly. Thrown at boot, naming the offender. */
export class RegistrationError extends EventStoreFault {
  readonly code = 'event_store.registration.invalid';
}

/** An aggregate is loaded or saved whose class was given to no `EventStoreModule.forFeature`. */
export class UnregisteredAggregate extends EventStoreFault {
  readonly code = 'event_store.aggregate.unregistered';

  constructor(name: string) {
    super(`The aggregate ${name} is not registered: list it in EventStoreModule.forFeature`);
  }
}
