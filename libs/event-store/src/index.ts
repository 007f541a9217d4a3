export { Aggregate, unhandledEvent, type AggregateClass } from './aggregate/aggregate.js';
export {
  CommandIdReused,
  ConsistencyViolated,
  InvalidCommandId,
  StreamsConflict,
  TooManyTags,
} from './command/command.errors.js';
export type { Cause, CausedOptions } from './command/caused-events.js';
export type { OnceOptions } from './command/handled-commands.js';
export type { Context } from './context.js';
export { DomainError, type ErrorKind } from './domain-error.js';
export { eventStoreAfterMigrate } from './epochs.js';
export { claim, personalClaim, type Claim } from './event/claim.js';
export type { EventTypeDescription, EventTypeVersion, JsonSchema } from './event/describe-events.js';
export {
  defineEvent,
  type DomainEvent,
  type EventDefinition,
  type EventOf,
  type EventSpec,
  type PersonalField,
} from './event/event-definition.js';
export { EventRegistry } from './event/event-registry.js';
export type { EventMetadata, PendingEvent, RecordedEvent } from './event/recorded-event.js';
export type { KnownEvent, StreamEvents } from './event/stream-events.js';
export { upcast, type StreamPlace, type Upcast, type Upcaster } from './event/upcaster.js';
export {
  ClaimTaken,
  EpochNotAdopted,
  type EventDataProblem,
  EventInvalid,
  EventOutdated,
  EventStoreFault,
  EventTooLarge,
  InvalidStreamId,
  RegistrationError,
  StreamArchived,
  StreamConflict,
  StreamNotFound,
  UnhandledEvent,
  UnknownEventType,
  UnknownEventVersion,
  UnregisteredAggregate,
  UnstorableData,
  type UnstorableReason,
  UpcastFailed,
  VersionMismatch,
  VersionNotFound,
} from './event-store.errors.js';
export {
  EventStoreModule,
  type EventStoreFeature,
  type EventStoreModuleOptions,
} from './event-store.module.js';
export { answerPosition, answerWritten, type Written } from './http/answer-written.js';
export { asyncApiDocument, type AsyncApiOptions } from './http/async-api.js';
export { EventStoreHttpModule } from './http/event-store-http.module.js';
export type { EventResponse } from './http/events.schemas.js';
export { setupAsyncApi } from './http/setup-async-api.js';
export type { FollowedList, KeyedList } from './live/changed-items.js';
export { LiveFeed } from './live/live-feed.js';
export { LiveFeedModule } from './live/live-feed.module.js';
export type { FollowedStream } from './live/shown-events.js';
export { eventStoreMigrations } from './migrations/index.js';
export { EnvironmentKey } from './personal-data/environment-key.js';
export type { ForgetReceipt, ForgetVerification } from './personal-data/forget-receipt.js';
export type { KeyProvider, WrappedKey } from './personal-data/key-provider.js';
export type { KeyCacheOptions } from './personal-data/key-ring.js';
export { LocalKeyFile } from './personal-data/local-key-file.js';
export { MasterKeys } from './personal-data/master-keys.js';
export { personal, type PersonalOptions } from './personal-data/personal.js';
export { PersonalData } from './personal-data/personal-data.js';
export {
  ForgetReceiptNotFound,
  InvalidSubjectId,
  MasterKeyLost,
  MasterKeyMissing,
  MasterKeyUnusable,
  PersonalDataUnreadable,
  PersonalValueExposed,
  SubjectForgotten,
} from './personal-data/personal-data.errors.js';
export type { PersonalDataHolder } from './personal-data/personal-data-holder.js';
export { SubjectCipher } from './personal-data/subject-cipher.js';
export type { Subject } from './personal-data/subject-key.js';
export { SubjectWasForgotten } from './personal-data/forgotten-subject.js';
export { comparePositions, formatPosition, parsePosition, type Position } from './position.js';
export type {
  ReplayHandler,
  ReplayOptions,
  ReplayProgress,
  ReplayResult,
  ReplaySelection,
} from './replay/replay.js';
export type { AppendHook, AppendHookOptions } from './store/append-hooks.js';
export type { LogFilter } from './store/event-log.js';
export { EventStore } from './store/event-store.js';
export type {
  AppendResult,
  EventStoreOptions,
  SaveOptions,
  UpdateOptions,
} from './store/event-store.options.js';
export type {
  AppendCondition,
  EventCriteria,
  EventQuery,
  QueryOptions,
  QueryPosition,
  QueryResult,
} from './tag/event-query.js';
export { tag, type Tag } from './tag/tag.js';
export {
  TenantTransfer,
  type ExportOptions,
  type ImportOptions,
  type ImportReceipt,
} from './transfer/tenant-transfer.js';
export { TransferLine } from './transfer/transfer-lines.js';
export {
  TenantNotEmpty,
  TransferDamaged,
  TransferInconsistent,
  TransferredEventRefused,
  TransferTruncated,
  TransferUnreadable,
} from './transfer/transfer.errors.js';
export { StreamArchivedEvent, type ArchiveOptions } from './stream/archived.js';
export { snapshotOf, type Snapshot, type SnapshotSpec } from './stream/snapshot.js';
export type { LoadOptions, ReadStreamOptions } from './stream/stream-reader.js';
export { StreamArchiver } from './stream/stream-archiver.js';
export { StreamArchiverModule, type StreamArchiverOptions } from './stream/stream-archiver.module.js';
