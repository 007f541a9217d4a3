import { SetMetadata } from '@nestjs/common';
import type { RateLimit } from '../options.js';

const RATE_LIMITED = 'acci:rest:rate-limited';

/**
 * A limit of a route's own.
 *
 * @example
 * const limit: RouteRateLimit = { name: 'password-resets', limit: 20, windowSeconds: 3_600 };
 */
export interface RouteRateLimit extends RateLimit {
  /** How it is called in `RateLimit` and `RateLimit-Policy`. Routes with the same name share what it allows. */
  readonly name: string;
}

/**
 * Gives a route, or each of a controller's routes, a limit beside the general one: for what is dear, such as sending a
 * mail, or worth guessing at. As that one it counts for an identity, or else for an address, and in this process;
 * `rateLimits: false` turns it off too.
 *
 * @example
 * class ResetsController {
 *   @RateLimited({ name: 'password-resets', limit: 20, windowSeconds: 3_600 })
 *   @Post('password-resets')
 *   request() {}
 * }
 */
export function RateLimited(limit: RouteRateLimit): MethodDecorator & ClassDecorator {
  return SetMetadata(RATE_LIMITED, limit);
}

/** The limit that a handler has of its own; the method's wins over the controller's. */
export function rateLimitOf(handler: object, controller: object): RouteRateLimit | undefined {
  return Reflect.getMetadata(RATE_LIMITED, handler) ?? Reflect.getMetadata(RATE_LIMITED, controller);
}
