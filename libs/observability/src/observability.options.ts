import type { IncomingMessage } from 'node:http';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { LogOptions } from './log/log.options.js';

/**
 * Who and what a request belongs to, as the log line and the HTTP span name it. Ids only: a name or an e-mail
 * address here would end up in the log.
 *
 * @example
 * const fields: RequestFields = { tenant: identity.tenantId, actor: identity.actor, correlation: correlationId };
 */
export interface RequestFields {
  /** Id of the tenant the request acts for. */
  readonly tenant?: string | undefined;
  /** Id of the user or key that made the request. */
  readonly actor?: string | undefined;
  /** Correlation id of the request. */
  readonly correlation?: string | undefined;
}

/**
 * The framework's own request: Express's is Node's, Fastify's carries Node's as `raw`.
 *
 * @example
 * const raw = 'raw' in request ? request.raw : request;
 */
export type FrameworkRequest = IncomingMessage | { readonly raw: IncomingMessage };

/**
 * Options of {@link ObservabilityModule}.
 *
 * @example
 * ObservabilityModule.forRoot({
 *   serviceName: 'orders-api',
 *   log: { level: 'info' },
 *   requestFields: (request) => ({ tenant: identityOf(request)?.tenantId }),
 *   otlpEndpoint: 'http://collector:4318',
 * });
 */
export interface ObservabilityOptions {
  /** Name of the service: `service` in every log line, `service.name` of every span. */
  readonly serviceName: string;
  /** What is logged, how and where to. */
  readonly log?: LogOptions;
  /**
   * Finds tenant, actor and correlation of a request. Called while the request runs and again at its end, so it must
   * be cheap; what it throws is ignored.
   */
  readonly requestFields?: (request: FrameworkRequest) => RequestFields;
  /** Puts `/metrics` and `/health/*` on this port and answers 404 for them on the app's. 0 takes a free port. */
  readonly managementPort?: number;
  /** Address the management port listens on. Default `0.0.0.0`. */
  readonly managementHost?: string;
  /** How long one readiness check may take, in milliseconds. Default 2,000. */
  readonly healthTimeoutMs?: number;
  /** Base address of an OTLP/HTTP collector (`http://collector:4318`). Without it nothing is traced. */
  readonly otlpEndpoint?: string;
  /** Headers sent to the collector, such as its API key. */
  readonly otlpHeaders?: Readonly<Record<string, string>>;
  /** Share of traces kept, 0 to 1, decided where a trace begins. Default 1. */
  readonly traceSampleRatio?: number;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<ObservabilityOptions>().setClassMethodName('forRoot').build();
