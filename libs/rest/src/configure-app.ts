import { RequestMethod, VersioningType, type INestApplication } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { type AbstractHttpAdapter, ModulesContainer } from '@nestjs/core';
import type { Server } from 'node:http';
import { configureAdapter } from './adapters.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { isNeverKept } from './idempotency/never-kept.decorator.js';
import { IDEMPOTENCY_STORE, type IdempotencyStore } from './idempotency/idempotency-store.js';
import { MemoryIdempotencyStore } from './idempotency/memory-idempotency-store.js';
import { answerConnectionErrors } from './limits/connection-errors.js';
import { EdgeGuard } from './limits/edge.guard.js';
import { InFlight } from './limits/in-flight.js';
import { RateLimits } from './limits/rate-limits.js';
import { securityHeaders } from './limits/security-headers.js';
import { type RestOptions, settingsOf } from './options.js';
import { ProblemFilter } from './problems/problem-filter.js';
import { RequestPipe } from './problems/request-pipe.js';
import { type AnyRequest, type AnyResponse, pathOf, rawRequest, rawResponse } from './request/raw.js';
import { type Idempotency, stateOf } from './request/request-state.js';
import { REST_OPTIONS } from './rest.module.js';
import { assertRoutesDeclareAccess, routesOf } from './routes/routes.js';
import { streamedTypes } from './routes/streamed.decorator.js';
import { OpenStreams } from './stream/open-streams.js';

// @fastify/cors would leave out what changes things.
const CORS_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const EXPOSED_HEADERS =
  'ETag,Link,Location,Event-Position,Idempotency-Replayed,RateLimit,RateLimit-Policy,Retry-After,X-Correlation-Id,traceparent';

/**
 * Gives an application the conventions of this lib, on the Fastify and on the Express adapter: problems, versioned
 * URLs, validated requests, correlation, idempotency, limits, security headers, graceful shutdown. Call it after
 * `NestFactory.create` and before `app.init` or `app.listen`; then `setupOpenApi`.
 *
 * @param options win over those of `RestModule`
 * @throws Error if a route declares no access
 * @example
 * const app = await NestFactory.create(AppModule, new FastifyAdapter(fastifyOptions()));
 * configureApp(app, { cors: { origin: ['https://app.example.com'] } });
 * await app.listen(3000);
 */
export function configureApp(app: INestApplication, options: RestOptions = {}): void {
  const settings = settingsOf({ ...(provided(app, REST_OPTIONS) as RestOptions | undefined), ...options });
  assertRoutesDeclareAccess(app);

  const adapter = app.getHttpAdapter() as AbstractHttpAdapter<Server, AnyRequest, AnyResponse>;
  const limits = new RateLimits(settings.rateLimits);
  const inFlight = new InFlight(settings.requestTimeoutMs);
  const streams = new OpenStreams(settings.streams);
  const headersOf = securityHeaders();
  const idempotency: Idempotency = {
    store:
      (provided(app, IDEMPOTENCY_STORE) as IdempotencyStore | undefined) ??
      new MemoryIdempotencyStore(settings.idempotencyMemory),
    leaseMs: settings.idempotencyLeaseMs,
  };

  // The first thing that happens to a request, on either adapter; synchronous, and the same function for all.
  adapter.setOnRequestHook(
    (request: AnyRequest, response: AnyResponse, done: (error?: unknown) => void): void => {
      const raw = rawRequest(request);
      const out = rawResponse(response);
      const state = stateOf(raw);
      state.request = request;
      state.idempotency = idempotency;
      state.streams = streams;
      out.setHeader('X-Correlation-Id', state.correlationId);
      // A tracer that stands before us has said already which span of its own this is.
      const traced = out.getHeader('traceparent');
      if (typeof traced === 'string') state.traceparent = traced;
      else out.setHeader('traceparent', state.traceparent);
      for (const [name, value] of headersOf(pathOf(raw))) out.setHeader(name, value);
      inFlight.enter(raw, out);
      try {
        limits.admit(request);
      } catch (refused) {
        return done(refused);
      }
      done();
    },
  );

  app.enableVersioning({ type: VersioningType.URI });
  app.useGlobalFilters(
    new ProblemFilter(adapter, (request, response) => limits.chargeRefused(request, response)),
  );
  app.useGlobalGuards(new EdgeGuard(limits, settings.waitForPosition));
  app.useGlobalPipes(new RequestPipe());
  rememberPosts(app);
  if (settings.cors) {
    const { origin, credentials } = settings.cors;
    app.enableCors({
      origin: [...origin],
      methods: CORS_METHODS,
      credentials,
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: 3600,
    });
  }
  configureAdapter(app, settings.bodyLimitBytes);

  const server = app.getHttpServer() as Server;
  server.requestTimeout = settings.receiveTimeoutMs;
  server.headersTimeout = settings.receiveTimeoutMs;
  answerConnectionErrors(server, (socket) => inFlight.isStreaming(socket));
  drainBeforeClose(adapter, () => {
    streams.close();
    return inFlight.drain(server, settings.drainMs);
  });
}

/** Puts the idempotency interceptor on each POST handler, once: two apps may share a controller class. */
function rememberPosts(app: INestApplication): void {
  for (const { handler, method } of routesOf(app)) {
    if (method !== RequestMethod.POST || streamedTypes(handler) || isNeverKept(handler)) continue;
    const present: unknown[] = Reflect.getMetadata(INTERCEPTORS_METADATA, handler) ?? [];
    if (present.some((interceptor) => interceptor instanceof IdempotencyInterceptor)) continue;
    Reflect.defineMetadata(INTERCEPTORS_METADATA, [new IdempotencyInterceptor(), ...present], handler);
  }
}

/**
 * Nest destroys providers (pools!) before it closes the server, and awaits the adapter's `beforeClose` before both:
 * only there can what is in flight still finish its work.
 */
function drainBeforeClose(adapter: AbstractHttpAdapter, drain: () => Promise<void>): void {
  const beforeClose = adapter.beforeClose.bind(adapter);
  const drained = async (): Promise<void> => {
    await drain();
    beforeClose();
  };
  // Typed as returning nothing, but awaited; see HttpServer.beforeClose.
  Object.assign(adapter, { beforeClose: drained });
}

/** What some module provides under a token. Not by `app.get`: a token that nobody provides ends the process there. */
function provided(app: INestApplication, token: string | symbol): unknown {
  for (const module of app.get(ModulesContainer).values()) {
    const provider = module.providers.get(token);
    if (provider) return provider.instance;
  }
  return undefined;
}
