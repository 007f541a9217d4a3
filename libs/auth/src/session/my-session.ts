import type { RequestContext } from '@acci/rest';
import type { Identity } from '../access/authenticator.js';
import { CallerHasNoSession } from './session.errors.js';

/**
 * The session of whoever asks. It is in their own tenant, whatever tenant below theirs the request is about.
 *
 * @throws {CallerHasNoSession} for an API key.
 */
export function mySession(ctx: RequestContext, { sessionId, subject, tenantId, homeTenantId }: Identity) {
  if (sessionId === undefined) throw new CallerHasNoSession();
  const userId = subject?.type === 'user' ? subject.id : null;
  if (homeTenantId === undefined) return { sessionId, userId, tenantId, own: ctx };
  // At home they are no guest.
  const own = { ...ctx, tenantId: homeTenantId, actor: `user:${userId}` };
  return { sessionId, userId, tenantId: homeTenantId, own };
}
