import type { Context } from '@acci/event-store';
import { type AnyRequest, correlationIdOf } from '@acci/rest';

/** Who acts as long as nobody knows who it is. */
export const anonymous = 'anonymous';

/** The context of what somebody asks for whom nobody knows yet. */
export function anonymousContext(tenantId: string, request: AnyRequest): Context {
  return { tenantId, actor: anonymous, correlationId: correlationIdOf(request) };
}
