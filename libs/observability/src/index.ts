export { ObservabilityModule } from './observability.module.js';
export type { FrameworkRequest, ObservabilityOptions, RequestFields } from './observability.options.js';
export type { LogOptions } from './log/log.options.js';
export { StructuredLogger } from './log/log.js';
export { GAUGES } from './metrics/gauges.js';
export type { GaugeSample, GaugeSource } from './metrics/gauges.js';
export { DuplicateHealthCheck, HEALTH_CHECKS } from './health/health.js';
export type { HealthCheck, HealthDetails } from './health/health.js';
export { ManagementServer } from './management/management-server.js';
export type { Operation } from './operations/operations.js';
export { publishBus } from './operations/publish-bus.js';
export type { Bus } from './operations/publish-bus.js';
export {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
  makeSummaryProvider,
} from './metrics/prometheus.js';
