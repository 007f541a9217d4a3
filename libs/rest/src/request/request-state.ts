import type { IncomingMessage } from 'node:http';
import { unauthenticated } from '../problems/http-problem.js';
import { correlationIdFrom, traceparentFrom } from './correlation.js';
import type { IdempotencyStore } from '../idempotency/idempotency-store.js';
import type { OpenStreams } from '../stream/open-streams.js';
import type { RequestContext, RequestIdentity } from './identity.js';
import { type AnyRequest, headerOf, rawRequest } from './raw.js';

const STATE = Symbol('acci.rest.state');

/** How an app remembers its answers. */
export interface Idempotency {
  readonly store: IdempotencyStore;
  /** How long a key is held by a request that may have crashed, in milliseconds. */
  readonly leaseMs: number;
}

/** What the lib knows about one request; made once, at the edge, and kept on Node's request. */
export class RequestState {
  readonly correlationId: string;
  traceparent: string;
  identity: RequestIdentity | undefined;
  /** The adapter's request, which knows the proxies before it. */
  request: AnyRequest | undefined;
  /** Asks again who is asking; see {@link setIdentity}. */
  recheck: (() => Promise<RequestIdentity>) | undefined;
  /** The live streams of this app. */
  streams: OpenStreams | undefined;
  commandId: string | undefined;
  /** Where this app remembers answers; a handler's interceptor may serve several apps of one process. */
  idempotency: Idempotency | undefined;
  /** When the request is given up, in milliseconds of `performance.now()`. */
  deadline = Infinity;
  /** Whether the handler reads the body as a stream, for as long as that takes. */
  streamed = false;
  /** Whether a rate limit was charged already: a request is charged once. */
  charged = false;
  #context: RequestContext | undefined;

  constructor(raw: IncomingMessage) {
    this.correlationId = correlationIdFrom(headerOf(raw, 'x-correlation-id'));
    this.traceparent = traceparentFrom(headerOf(raw, 'traceparent'));
  }

  /** @throws HttpProblem 401 if nobody was identified. */
  context(): RequestContext {
    if (!this.identity) throw unauthenticated();
    return (this.#context ??= {
      tenantId: this.identity.tenantId,
      actor: this.identity.actor,
      correlationId: this.correlationId,
      ...(this.commandId !== undefined && { commandId: this.commandId }),
    });
  }
}

/** The state of a request; made here if the request failed before it reached the edge. */
export function stateOf(request: AnyRequest): RequestState {
  const raw = rawRequest(request) as IncomingMessage & { [STATE]?: RequestState };
  return (raw[STATE] ??= new RequestState(raw));
}

/**
 * Says who is asking. Called by the guard that authenticates, before the handler's `@Ctx()` is read.
 *
 * @param recheck puts the guard's whole question again, credentials, tenant and permission, and throws what the guard
 *   throws. It is called while a live stream is open; without it such a stream ends after a minute, and its client comes
 *   back through the guard.
 * @example
 * setIdentity(context.switchToHttp().getRequest(), { tenantId, actor: 'key:1', permissions: '*' });
 */
export function setIdentity(
  request: AnyRequest,
  identity: RequestIdentity,
  recheck?: () => Promise<RequestIdentity>,
): void {
  const state = stateOf(request);
  state.identity = identity;
  state.recheck = recheck;
}

/**
 * Who is asking, or undefined if nobody was identified (yet).
 *
 * @example
 * const tenant = identityOf(request)?.tenantId;
 */
export function identityOf(request: AnyRequest): RequestIdentity | undefined {
  return stateOf(request).identity;
}

/**
 * The correlation id of a request; also in `X-Correlation-Id` of its response and in every problem.
 *
 * @example
 * logger.log({ correlationId: correlationIdOf(request) });
 */
export function correlationIdOf(request: AnyRequest): string {
  return stateOf(request).correlationId;
}

/**
 * The W3C `traceparent` of a request, to be sent along with calls made on its behalf.
 *
 * @example
 * await fetch(url, { headers: { traceparent: traceparentOf(request) } });
 */
export function traceparentOf(request: AnyRequest): string {
  return stateOf(request).traceparent;
}

/**
 * The context of a request's commands and queries: what `@Ctx()` injects.
 *
 * @throws HttpProblem 401 `auth.credentials.missing` if nobody was identified.
 * @example
 * await bus.execute(new SuspendTenant(contextOf(request), id, reason));
 */
export function contextOf(request: AnyRequest): RequestContext {
  return stateOf(request).context();
}
