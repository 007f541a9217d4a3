export { Aggregate, unhandledEvent, type AggregateClass } from './aggregate/aggregate.js';
export type { Context } from './context.js';
export { DomainError, type ErrorKind } from './domain-error.js';
export { eventStoreAfterMigrate } from './epochs.js';
export { claim, type Claim } from './event/claim.js';
export {
  defineEvent,
  type DomainEvent,
  type EventDefinition,
  type EventOf,
  type EventSpec,
} from './event/event-definition.js';
export { EventRegistry } from './event/event-registry.js';
export type { EventMetadata, PendingEvent, RecordedEvent } from './event/recorded-event.js';
export {
  ClaimTaken,
  EpochNotAdopted,
  type EventDataProblem,
  EventInvalid,
  EventStoreFault,
  EventTooLarge,
  InvalidStreamId,
  RegistrationError,
  StreamConflict,
  StreamNotFound,
  UnhandledEvent,
  UnknownEventType,
  UnknownEventVersion,
  UnregisteredAggregate,
  UnstorableData,
  type UnstorableReason,
  VersionMismatch,
} from './event-store.errors.js';
export { EventStoreModule } from './event-store.module.js';
export { eventStoreMigrations } from './migrations/index.js';
export { comparePositions, formatPosition, parsePosition, type Position } from './position.js';
export type { AppendHook, AppendHookOptions } from './store/append-hooks.js';
export type { LogFilter } from './store/event-log.js';
export {
  EventStore,
  type AppendResult,
  type EventStoreOptions,
  type ReadStreamOptions,
  type UpdateOptions,
} from './store/event-store.js';
