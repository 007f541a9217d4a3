export { ProjectionRunner } from './async/projection-runner.js';
export type { Act, By } from './interventions.js';
export { lagLimit, type Horizon, type ProjectionLag } from './lag.js';
export { projectionsMigrations } from './migrations/index.js';
export type { PersonalColumns } from './personal/personal-columns.js';
export {
  Projection,
  type Lifecycle,
  type ProjectedEvent,
  type ProjectionClass,
  type ProjectionHandler,
  type ProjectionOptions,
} from './projection.js';
export { ProjectionRegistry, type RegisteredProjection } from './projection-registry.js';
export type { ProjectionCondition, ProjectionFailure, ProjectionState } from './projection-state.js';
export {
  ProjectionActRefused,
  ProjectionBehind,
  ProjectionNotFound,
  ProjectionRegistrationError,
} from './projections.errors.js';
export { ProjectionsModule } from './projections.module.js';
export { type ProjectionsModuleOptions } from './projections.options.js';
export { Projections, type ProjectionStatus, type WaitOptions } from './projections.js';
