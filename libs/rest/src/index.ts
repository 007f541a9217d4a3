export { accessOf, Public, RequirePermission, type RouteAccess } from './access/access.js';
export { etagOf, IfMatch, setETag } from './conditional/etag.js';
export { setEventPosition } from './conditional/positions.js';
export { configureApp } from './configure-app.js';
export {
  IDEMPOTENCY_STORE,
  type IdempotencyBegin,
  type IdempotencyStore,
  type StoredResponse,
} from './idempotency/idempotency-store.js';
export {
  MemoryIdempotencyStore,
  type MemoryIdempotencyOptions,
} from './idempotency/memory-idempotency-store.js';
export { NeverKept } from './idempotency/never-kept.decorator.js';
export { ShownOnce } from './idempotency/shown-once.decorator.js';
export { type FastifyAppOptions, fastifyOptions } from './limits/fastify-options.js';
export { RateLimited, type RouteRateLimit } from './limits/rate-limited.decorator.js';
export { ApiProblems, type ProblemCodes } from './openapi/api-problems.decorator.js';
export { openApiDocument, type OpenApiOptions } from './openapi/document.js';
export { setupOpenApi } from './openapi/setup-openapi.js';
export type { RateLimit, RestOptions } from './options.js';
export { decodeCursor, encodeCursor, pageQuery } from './paging/cursor.js';
export { keyset, type SortColumn } from './paging/keyset.js';
export { cutPage, page, type Page, pageSchema } from './paging/page.js';
export { HttpProblem, type ProblemDetail } from './problems/http-problem.js';
export { ProblemFilter } from './problems/problem-filter.js';
export { Problem } from './problems/problem.js';
export { clientAddressOf } from './request/client-address.js';
export { networkOf } from './request/network-of.js';
export { Ctx } from './request/ctx.decorator.js';
export type { RequestContext, RequestIdentity } from './request/identity.js';
export { type AnyRequest, type AnyResponse, rawRequest, rawResponse } from './request/raw.js';
export {
  contextOf,
  correlationIdOf,
  identityOf,
  setIdentity,
  traceparentOf,
} from './request/request-state.js';
export { REST_OPTIONS, RestModule } from './rest.module.js';
export { Form } from './routes/form.decorator.js';
export { Returns, type ReturnsOptions } from './routes/returns.decorator.js';
export { assertRoutesDeclareAccess, type Route, routesOf } from './routes/routes.js';
export { BodyStream, Streamed } from './routes/streamed.decorator.js';
export { EventStream, type EventStreamOptions, LastEventId } from './stream/event-stream.decorator.js';
export { type LiveStream, liveStreamsOf } from './stream/live-streams.js';
export type { StreamOptions } from './stream/stream-options.js';
export type { StreamMessage, StreamPage, StreamSource } from './stream/stream-source.js';
