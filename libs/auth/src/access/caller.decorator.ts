import { type AnyRequest, identityOf } from '@acci/rest';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Identity } from './authenticator.js';

/**
 * Injects the {@link Identity} that the guard found: who asks, with their permissions.
 *
 * @example
 * create(@Caller() caller: Identity) {}
 */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return identityOf(context.switchToHttp().getRequest<AnyRequest>()) as Identity;
});
