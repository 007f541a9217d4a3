import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * A request as either adapter hands it out: Express's is Node's own, Fastify's carries it as `raw`.
 *
 * @example
 * const method = rawRequest(request).method;
 */
export type AnyRequest = IncomingMessage | { readonly raw: IncomingMessage };

/**
 * A response as either adapter hands it out.
 *
 * @example
 * rawResponse(response).setHeader('Location', '/v1/tenants/1');
 */
export type AnyResponse = ServerResponse | { readonly raw: ServerResponse };

/**
 * Node's own request behind either adapter's.
 *
 * @example
 * rawRequest(request).headers['if-match'];
 */
export function rawRequest(request: AnyRequest): IncomingMessage {
  return 'raw' in request ? request.raw : request;
}

/**
 * Node's own response behind either adapter's. Headers set on it leave with every answer: Fastify merges them
 * into its own, and they survive an error that is answered through another reply object.
 *
 * @example
 * rawResponse(response).setHeader('Location', '/v1/tenants/1');
 */
export function rawResponse(response: AnyResponse): ServerResponse {
  return 'raw' in response ? response.raw : response;
}

/** The request target as it came in: Express's routers rewrite `url` and keep the whole as `originalUrl`. */
export function targetOf(raw: IncomingMessage): string {
  return (raw as { originalUrl?: string }).originalUrl ?? raw.url ?? '/';
}

/** The request's path without its query, which may hold secrets. */
export function pathOf(raw: IncomingMessage): string {
  const target = targetOf(raw);
  const end = target.search(/[?#]/);
  return end < 0 ? target : target.slice(0, end);
}

/** One header's value; several fields of one name come joined by Node, except those it allows once only. */
export function headerOf(raw: IncomingMessage, name: string): string | undefined {
  const value = raw.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
