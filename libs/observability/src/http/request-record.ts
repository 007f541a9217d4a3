import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '@opentelemetry/api';
import type { FrameworkRequest } from '../observability.options.js';

/** Route label of a request that no route took. */
export const UNMATCHED = 'unmatched';
/** Status of a request whose client went away before the answer was complete. */
const CLIENT_CLOSED_REQUEST = 499;
/** The media type of server-sent events. */
const EVENT_STREAM = 'text/event-stream';

interface FastifyRequestLike {
  readonly is404: boolean;
  readonly routeOptions: { readonly url?: string };
}

interface ExpressRequestLike {
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
}

/** One HTTP request, from its first byte to the end of its answer. */
export class RequestRecord {
  readonly startedAt = performance.now();
  /** The framework's request; unset while no framework has taken the request (a malformed URL on Fastify). */
  request: FrameworkRequest | undefined;
  span: Span | undefined;

  constructor(
    readonly raw: IncomingMessage,
    readonly response: ServerResponse,
  ) {}

  get method(): string {
    return this.raw.method ?? '';
  }

  get status(): number {
    // A live stream ends when its client leaves: that is no failure.
    const answered = this.response.writableFinished || this.isStream;
    return answered ? this.response.statusCode : CLIENT_CLOSED_REQUEST;
  }

  /** True once it is answered with a live stream: how long that is open says nothing about how fast answers are. */
  get isStream(): boolean {
    const { response } = this;
    return response.headersSent && String(response.getHeader('content-type')).startsWith(EVENT_STREAM);
  }

  /** Milliseconds since the request began, to the microsecond. */
  get durationMs(): number {
    return Math.round((performance.now() - this.startedAt) * 1_000) / 1_000;
  }

  /** The pattern of the route (`/v1/tenants/:id`), never the path: paths are unbounded and hold ids. */
  get route(): string {
    const request = this.request;
    if (request === undefined) return UNMATCHED;
    if ('routeOptions' in request) {
      const { is404, routeOptions } = request as FastifyRequestLike & FrameworkRequest;
      return is404 ? UNMATCHED : (routeOptions.url ?? UNMATCHED);
    }
    const { baseUrl, route } = request as ExpressRequestLike & FrameworkRequest;
    const path = route?.path;
    // Nest mounts middleware for all routes as a route of its own, and leaves it in place when no other one matches.
    if (typeof path !== 'string' || /^\/?\{?\/?\*/.test(path)) return UNMATCHED;
    return `${baseUrl ?? ''}${path}`;
  }
}
