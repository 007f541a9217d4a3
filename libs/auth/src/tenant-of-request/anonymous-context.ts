import type { Context } from '@acci/event-store';
import { type AnyRequest, correlationIdOf } from '@acci/rest';

/** The context of what somebody asks for whom nobody knows yet. */
export function anonymousContext(tenantId: string, request: AnyRequest): Context {
  return { tenantId, actor: 'anonymous', correlationId: correlationIdOf(request) };
}
