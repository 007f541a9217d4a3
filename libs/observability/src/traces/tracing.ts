import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context, Span, TextMapGetter, TextMapSetter, Tracer } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { RequestRecord } from '../http/request-record.js';
import { RequestScope } from '../http/request-scope.js';
import { MODULE_OPTIONS_TOKEN } from '../observability.options.js';
import type { ObservabilityOptions, RequestFields } from '../observability.options.js';
import { OPERATION_KINDS, observeOperations } from '../operations/operations.js';
import type { Operation, OperationKind } from '../operations/operations.js';
import { StorageContextManager } from './context-manager.js';

// How long an export may take, retries included, in milliseconds: the exporter's own 10 s would eat up most of the time
// an orchestrator gives a shutdown.
const EXPORT_TIMEOUT_MS = 3_000;

const propagator = new W3CTraceContextPropagator();
const headers: TextMapGetter<IncomingHttpHeaders> & TextMapSetter<IncomingHttpHeaders> = {
  get: (carrier, key) => carrier[key],
  keys: (carrier) => Object.keys(carrier),
  set: (carrier, key, value) => {
    carrier[key] = value;
  },
};

/**
 * Spans of HTTP requests and of the libs' operations, sent to an OTLP collector. Without a collector nothing is set up:
 * no provider, no subscriber, no storage.
 *
 * The SDK is put together from its parts rather than by sdk-node, which configures itself from the environment and
 * patches modules as they load; neither fits a lib that runs in ESM and reads no environment.
 */
@Injectable()
export class Tracing implements OnModuleInit, OnApplicationShutdown {
  private readonly contexts = new StorageContextManager();
  private readonly provider: TracerProvider | undefined;
  private readonly tracer: Tracer | undefined;
  private stops: (() => void)[] = [];

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: ObservabilityOptions,
    private readonly scope: RequestScope,
  ) {
    if (options.otlpEndpoint === undefined) return;
    this.provider = createProvider(options, options.otlpEndpoint);
    this.tracer = this.provider.getTracer('@acci/observability');
  }

  onModuleInit(): void {
    if (this.provider === undefined) return;
    // So that spans a team makes with the OpenTelemetry API join ours. In a process with two apps the first one's win;
    // ours don't depend on it.
    trace.setGlobalTracerProvider(this.provider);
    context.setGlobalContextManager(this.contexts);
    propagation.setGlobalPropagator(propagator);
    this.stops = OPERATION_KINDS.map((kind) => this.observe(kind));
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.provider === undefined) return;
    for (const stop of this.stops) stop();
    trace.disable();
    context.disable();
    propagation.disable();
    // Sends what waits. A collector that is away must not hold the shutdown up or fail it.
    await this.provider.shutdown().catch(() => {});
  }

  /** Begins the span of a request, as a child of the caller's span if it sent one. */
  begin(record: RequestRecord): void {
    if (this.tracer === undefined) return;
    const parent = propagator.extract(ROOT_CONTEXT, record.raw.headers, headers);
    record.span = this.tracer.startSpan(record.method, { kind: SpanKind.SERVER }, parent);
    // From here on request and answer name our span, so that whoever passes the traceparent on continues this trace.
    propagator.inject(trace.setSpan(ROOT_CONTEXT, record.span), record.raw.headers, headers);
    record.response.setHeader('traceparent', record.raw.headers['traceparent'] ?? '');
  }

  /** Runs `work` with the request's span as the active one. */
  run(record: RequestRecord, work: () => void): void {
    if (record.span === undefined) work();
    else this.contexts.storage.run(trace.setSpan(ROOT_CONTEXT, record.span), work);
  }

  /** Ends the span of a request. The path is left out: it holds ids, and the route says what matters. */
  end({ span, method, route, status }: RequestRecord, fields: RequestFields): void {
    if (span === undefined) return;
    span.updateName(`${method} ${route}`);
    span.setAttributes({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
    });
    if (fields.tenant !== undefined) span.setAttribute('acci.tenant', fields.tenant);
    if (fields.correlation !== undefined) span.setAttribute('acci.correlation', fields.correlation);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  private observe(kind: OperationKind): () => void {
    return observeOperations<Context>(kind, {
      storage: this.contexts.storage,
      begin: ({ name }) => {
        const parent = this.contexts.active();
        // A transaction by itself is somebody polling: not a trace.
        if (kind === 'transaction' && trace.getSpan(parent) === undefined) return parent;
        const span = this.tracer?.startSpan(name, { attributes: { 'acci.operation': kind } }, parent);
        return span === undefined ? parent : trace.setSpan(parent, span);
      },
      end: (operation, context, error) => this.endOperation(trace.getSpan(context), operation, error),
    });
  }

  private endOperation(span: Span | undefined, { attributes }: Operation, error: unknown): void {
    if (span === undefined) return;
    span.setAttributes({ ...attributes });
    const { tenant } = this.scope.fields();
    if (tenant !== undefined && !attributes?.['acci.tenant']) span.setAttribute('acci.tenant', tenant);
    if (error !== undefined) {
      // Its code, never its text: texts hold personal data, and traces leave the house.
      span.setAttribute('error.type', errorType(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }
}

function createProvider(options: ObservabilityOptions, endpoint: string): TracerProvider {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: { ...options.otlpHeaders },
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.serviceName }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.traceSampleRatio ?? 1) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
}

function errorType(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
