import { Module, Scope } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { PinoLogger } from 'nestjs-pino';
import { Health, HEALTH_CHECKS } from './health/health.js';
import { HealthController } from './health/health.controller.js';
import { RequestObserver } from './http/request-observer.js';
import { RequestScope } from './http/request-scope.js';
import { AppPinoLogger, Log, StructuredLogger } from './log/log.js';
import { ManagementRoutes } from './management/management-routes.js';
import { ManagementServer } from './management/management-server.js';
import { GAUGES, Gauges } from './metrics/gauges.js';
import { HttpMetrics } from './metrics/http-metrics.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { OperationMetrics } from './metrics/operation-metrics.js';
import { PrometheusModule } from './metrics/prometheus.js';
import { ConfigurableModuleClass } from './observability.options.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './observability.options.js';
import { Tracing } from './traces/tracing.js';

/**
 * Logs, metrics, traces and health of an app, on the Fastify and the Express adapter and in apps without HTTP. Global;
 * import it once, in the root module.
 *
 * @example
 * @Module({ imports: [ObservabilityModule.forRoot({ serviceName: 'orders-api' })] })
 * class AppModule {}
 */
@Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    // Its default metrics go to a registry of the process, ours to one of the app.
    PrometheusModule.register({ controller: MetricsController, defaultMetrics: { enabled: false } }),
  ],
  controllers: [HealthController],
  providers: [
    RequestScope,
    RequestObserver,
    Log,
    // By factory: Nest would read the constructor's parameters off the library's base class.
    { provide: StructuredLogger, useFactory: (log: Log) => new StructuredLogger(log), inject: [Log] },
    {
      provide: PinoLogger,
      scope: Scope.TRANSIENT,
      useFactory: (log: Log) => new AppPinoLogger(log.app),
      inject: [Log],
    },
    // None of our own, but a token that nobody provides can't be looked up.
    { provide: GAUGES, useValue: [] },
    { provide: HEALTH_CHECKS, useValue: [] },
    Metrics,
    HttpMetrics,
    OperationMetrics,
    Gauges,
    Health,
    ManagementRoutes,
    ManagementServer,
    Tracing,
  ],
  exports: [StructuredLogger, PinoLogger, Metrics, ManagementRoutes, ManagementServer],
})
export class ObservabilityModule extends ConfigurableModuleClass {
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return { ...super.forRoot(options), global: true };
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return { ...super.forRootAsync(options), global: true };
  }
}
