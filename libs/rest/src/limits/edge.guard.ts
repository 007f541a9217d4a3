import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { HttpProblem } from '../problems/http-problem.js';
import { failureOfStatus } from '../problems/to-failure.js';
import { type AnyRequest, type AnyResponse, headerOf, rawRequest } from '../request/raw.js';
import { stateOf } from '../request/request-state.js';
import { streamedTypes } from '../routes/streamed.decorator.js';
import type { RateLimits } from './rate-limits.js';

/**
 * What has to wait until the route and the identity are known: rate limits and the body's media type. Set up by
 * `configureApp` behind the app's own guards.
 */
export class EdgeGuard implements CanActivate {
  constructor(private readonly limits: RateLimits) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AnyRequest>();
    const streamed = streamedTypes(context.getHandler());
    if (streamed) stateOf(request).deadline = Infinity;
    await this.limits.charge(request, context.switchToHttp().getResponse<AnyResponse>());
    const { headers } = rawRequest(request);
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      assertMediaType(request, streamed ?? ['application/json']);
    }
    return true;
  }
}

function assertMediaType(request: AnyRequest, accepted: readonly string[]): void {
  const raw = rawRequest(request);
  if (headerOf(raw, 'content-length') === '0') return;
  const type = headerOf(raw, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== undefined && accepted.includes(type)) return;
  const { status, code } = failureOfStatus(415);
  throw new HttpProblem(status, code, `The body must be ${accepted.join(' or ')}.`);
}
