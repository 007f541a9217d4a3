export { ProjectionRunner } from './async/projection-runner.js';
export type { ActOptions, RebuildRef, TenantActOptions } from './acts/act-tools.js';
export {
  OperatorActs,
  ProjectionEventSkipped,
  ProjectionPaused,
  ProjectionRebuildAborted,
  ProjectionRebuildRequested,
  ProjectionResumed,
  ProjectionRetried,
  ProjectionRunTo,
  ProjectionSwitchedOff,
  ProjectionSwitchedOn,
  type OperatorAct,
} from './acts/operator-acts.js';
export type { BuildRef, BuildStatus } from './build/build-ref.js';
export { toProjection, toRebuild } from './http/projection-answers.js';
export { ProjectionsHttpModule, type ProjectionsHttpModuleOptions } from './http/projections-http.module.js';
export type { Horizon, HorizonHolder, HorizonQuestion } from './horizon.js';
export { lagLimit, type ProjectionLag } from './lag.js';
export { projectionsMigrations } from './migrations/index.js';
export type { PersonalColumns } from './personal/personal-columns.js';
export {
  Projection,
  type Lifecycle,
  type ProjectedEvent,
  type ProjectionClass,
  type ProjectionHandler,
  type ProjectionOptions,
  type ProjectionTenants,
} from './projection.js';
export { ProjectionRegistry, type RegisteredProjection } from './projection-registry.js';
export type { ProjectionCondition, ProjectionFailure, ShareState, ShareStatus } from './projection-state.js';
export type { ProjectionStatus, RebuildProgress } from './projection-status.js';
export {
  InvalidRow,
  ProjectionActRefused,
  ProjectionBehind,
  ProjectionNotFound,
  ProjectionRegistrationError,
  RebuildUnsupported,
  ProjectionsNotInitialised,
} from './projections.errors.js';
export { ProjectionsModule } from './projections.module.js';
export { type ProjectionsModuleOptions } from './projections.options.js';
export { Projections, type WaitOptions } from './projections.js';
export {
  DeadLetters,
  type DeadLetter,
  type DeadLetterOfTenant,
  type DeadLetterSelection,
  type EveryTenantSelection,
} from './outbox/dead-letters.js';
export { toDeadLetterResponse } from './outbox/http/dead-letter-answers.js';
export { ReactionsHttpModule } from './outbox/http/reactions-http.module.js';
export {
  Subscription,
  type DeliveryInfo,
  type SubscriptionClass,
  type SubscriptionHandler,
  type SubscriptionOptions,
} from './outbox/subscription.js';
export { Process, type TimerTime } from './process/process.js';
export {
  ProcessManager,
  type CommandFailure,
  type ProcessHandler,
  type ProcessManagerClass,
  type Timer,
} from './process/process-manager.js';
export type {
  ProcessCommand,
  ProcessCommandClass,
  ProcessManagerOptions,
} from './process/process-options.js';
export type { ReactionOptions } from './reaction/reaction.js';
export { ReactionWorker } from './reaction/reaction-worker.js';
export {
  backlogLimit,
  Reactions,
  type ProcessState,
  type ReactionBacklog,
  type ReplayRange,
} from './reaction/reactions.js';
export {
  DeadLetterNotFound,
  DeadLetterSettled,
  ProcessFault,
  ReactionRegistrationError,
  SubscriptionNotFound,
  Undeliverable,
} from './reaction/reactions.errors.js';
export { ReactionsModule } from './reaction/reactions.module.js';
export type { ReactionsModuleOptions } from './reaction/reactions.options.js';
export { readTable, type ReadIndex, type ReadTable, type ReadTableOptions } from './table/read-table.js';
export type { ProjectionTransaction } from './table/projection-transaction.js';
export type { LiveClass, LiveFold, LiveOptions } from './live/live-fold.js';
export type { LiveProjection } from './live/live-projection.js';
