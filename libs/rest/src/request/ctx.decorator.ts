import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AnyRequest } from './raw.js';
import { contextOf } from './request-state.js';

/**
 * Injects the {@link RequestContext}: tenant, actor, correlation id and, on a POST with an `Idempotency-Key`,
 * the command id. Answers 401 if nobody was identified.
 *
 * @example
 * async rename(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {}
 */
export const Ctx = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  contextOf(context.switchToHttp().getRequest<AnyRequest>()),
);
