import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { minEventPositionOf } from '../conditional/positions.js';
import { HttpProblem } from '../problems/http-problem.js';
import { failureOfStatus } from '../problems/to-failure.js';
import { type AnyRequest, type AnyResponse, headerOf, rawRequest, targetOf } from '../request/raw.js';
import { stateOf } from '../request/request-state.js';
import { FORM_MEDIA_TYPE, takesForm } from '../routes/form.decorator.js';
import { streamedTypes } from '../routes/streamed.decorator.js';
import type { RestSettings } from '../options.js';
import { rateLimitOf } from './rate-limited.decorator.js';
import type { RateLimits } from './rate-limits.js';

/**
 * What has to wait until the route and the identity are known: rate limits, the body's media type and the position
 * that a read waits for. Set up by `configureApp` behind the app's own guards.
 */
export class EdgeGuard implements CanActivate {
  constructor(
    private readonly limits: RateLimits,
    private readonly waitForPosition: RestSettings['waitForPosition'],
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AnyRequest>();
    const streamed = streamedTypes(context.getHandler());
    const state = stateOf(request);
    state.streamed = streamed !== undefined;
    const response = context.switchToHttp().getResponse<AnyResponse>();
    await this.limits.charge(request, response);
    const limit = rateLimitOf(context.getHandler(), context.getClass());
    if (limit) await this.limits.chargeRoute(limit, request, response);
    const raw = rawRequest(request);
    // PostgreSQL has no such character, so nothing that is searched or named has it.
    if (targetOf(raw).includes('%00')) throw malformed('The URL holds a NUL.');
    const { headers } = raw;
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      assertMediaType(
        request,
        streamed ?? [takesForm(context.getHandler()) ? FORM_MEDIA_TYPE : 'application/json'],
      );
    }
    const position = minEventPositionOf(request);
    if (position !== undefined && state.identity) await this.waitForPosition?.(position);
    return true;
  }
}

function malformed(text: string): HttpProblem {
  const { status, code } = failureOfStatus(400);
  return new HttpProblem(status, code, text);
}

function assertMediaType(request: AnyRequest, accepted: readonly string[]): void {
  const raw = rawRequest(request);
  if (headerOf(raw, 'content-length') === '0') return;
  const type = headerOf(raw, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== undefined && accepted.includes(type)) return;
  const { status, code } = failureOfStatus(415);
  throw new HttpProblem(status, code, `The body must be ${accepted.join(' or ')}.`);
}
