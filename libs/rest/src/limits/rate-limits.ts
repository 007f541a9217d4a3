import type { ServerResponse } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit, RestSettings } from '../options.js';
import { HttpProblem } from '../problems/http-problem.js';
import { type AnyRequest, type AnyResponse, rawRequest, rawResponse } from '../request/raw.js';
import { networkOf } from '../request/network-of.js';
import { stateOf } from '../request/request-state.js';
import type { RouteRateLimit } from './rate-limited.decorator.js';

const MAX_BLOCKED = 10_000;

interface Policy {
  readonly name: string;
  readonly limiter: RateLimiterMemory;
  readonly policy: string;
}

/**
 * Counts requests per identity, or per address if there is none, and says so in `RateLimit` and
 * `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
 */
export class RateLimits {
  readonly #identity: Policy | undefined;
  readonly #address: Policy | undefined;
  /** Those of single routes; undefined if nothing is limited. */
  readonly #routes: Map<string, Policy> | undefined;
  /** Addresses out of points and until when (ms): turned away at the edge, before they cost a look-up. */
  readonly #blocked = new Map<string, number>();

  constructor(settings: RestSettings['rateLimits']) {
    if (settings === false) return;
    this.#identity = policy('identity', settings.identity ?? { limit: 6_000, windowSeconds: 60 });
    this.#routes = new Map();
    this.#address = policy('address', settings.address ?? { limit: 600, windowSeconds: 60 });
  }

  /** @throws HttpProblem 429 if the address has used up its points. Synchronous: every request passes here. */
  admit(request: AnyRequest): void {
    if (this.#blocked.size === 0) return;
    const address = addressOf(request);
    const until = this.#blocked.get(address);
    if (until === undefined) return;
    const left = until - Date.now();
    if (left > 0) throw limited(left);
    this.#blocked.delete(address);
  }

  /** @throws HttpProblem 429 */
  async charge(request: AnyRequest, response: AnyResponse): Promise<void> {
    const state = stateOf(request);
    const { identity } = state;
    const limit = identity ? this.#identity : this.#address;
    if (!limit || state.charged) return;
    state.charged = true;
    const key = keyOf(request);
    try {
      setHeaders(response, limit, await limit.limiter.consume(key));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      setHeaders(response, limit, refused);
      if (!identity) this.#block(key, refused.msBeforeNext);
      throw limited(refused.msBeforeNext);
    }
  }

  /**
   * Charges a request for a route that has a limit of its own, after {@link charge}.
   *
   * @throws HttpProblem 429
   */
  async chargeRoute(route: RouteRateLimit, request: AnyRequest, response: AnyResponse): Promise<void> {
    if (!this.#routes) return;
    const limit = this.#routes.get(route.name) ?? policyOf(route.name, route);
    this.#routes.set(route.name, limit);
    try {
      setHeaders(response, limit, await limit.limiter.consume(keyOf(request)));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      setHeaders(response, limit, refused);
      throw limited(refused.msBeforeNext);
    }
  }

  /** Charges a request that was refused before its turn to be charged came, and lets that refusal stand. */
  chargeRefused(request: AnyRequest, response: AnyResponse): void {
    this.charge(request, response).catch(() => undefined);
  }

  #block(address: string, forMs: number): void {
    if (this.#blocked.size >= MAX_BLOCKED) this.#blocked.clear();
    this.#blocked.set(address, Date.now() + forMs);
  }
}

function policy(name: string, limit: RateLimit | false): Policy | undefined {
  return limit === false ? undefined : policyOf(name, limit);
}

function policyOf(name: string, limit: RateLimit): Policy {
  return {
    name,
    limiter: new RateLimiterMemory({ points: limit.limit, duration: limit.windowSeconds }),
    policy: `"${name}";q=${limit.limit};w=${limit.windowSeconds}`,
  };
}

function setHeaders(response: AnyResponse, { name, policy }: Policy, result: RateLimiterRes): void {
  const raw = rawResponse(response);
  if (raw.headersSent) return;
  const seconds = Math.ceil(result.msBeforeNext / 1000);
  addToList(raw, 'RateLimit-Policy', policy);
  addToList(raw, 'RateLimit', `"${name}";r=${result.remainingPoints};t=${seconds}`);
}

/** Both headers are lists: of the general limit, and of the route's own. */
function addToList(raw: ServerResponse, name: string, item: string): void {
  const before = raw.getHeader(name);
  raw.setHeader(name, before === undefined ? item : `${String(before)}, ${item}`);
}

/** Whom a request counts for. */
function keyOf(request: AnyRequest): string {
  const { identity } = stateOf(request);
  return identity ? `${identity.tenantId} ${identity.actor}` : addressOf(request);
}

function limited(forMs: number): HttpProblem {
  return new HttpProblem(429, 'request.rate_limited', 'Too many requests.', {
    retryAfter: Math.max(1, forMs / 1000),
  });
}

/** The caller's address, behind as many proxies as the adapter trusts; of IPv6 the /64, which one caller owns. */
function addressOf(request: AnyRequest): string {
  const ip = (request as { ip?: string }).ip ?? rawRequest(request).socket.remoteAddress ?? 'unknown';
  return networkOf(ip);
}
