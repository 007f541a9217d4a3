import { type AnyRequest, identityOf } from '@acci/rest';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { CredentialsMissing } from '../auth.errors.js';
import type { Identity } from './authenticator.js';

/**
 * Injects the {@link Identity} that the guard found: who asks, with their permissions. Answers 401 on a public route,
 * where nobody is asked.
 *
 * @example
 * create(@Caller() caller: Identity) {}
 */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Identity => {
  const identity = identityOf(context.switchToHttp().getRequest<AnyRequest>());
  if (!identity) throw new CredentialsMissing();
  return identity;
});
