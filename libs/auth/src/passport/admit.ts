import { type AnyRequest, rawRequest, setIdentity } from '@acci/rest';
import type { TenantStatus } from '@acci/tenancy';
import type { Authenticator, Identity } from '../access/authenticator.js';

/**
 * Asks an authenticator in a strategy of passport, so that `@Ctx()` and `@Caller()` work behind `AuthGuard` too.
 *
 * @returns undefined if the request has no credentials of its kind: passport asks its next strategy then.
 * @throws what the authenticator throws; {@link TenantRefused} if the tenant is not served.
 */
export async function admit(
  request: AnyRequest,
  authenticator: Authenticator,
  tenants: TenantStatus,
): Promise<Identity | undefined> {
  const identity = await authenticator.authenticate(rawRequest(request));
  if (!identity) return undefined;
  await tenants.assertActive(identity.tenantId);
  setIdentity(request, identity);
  return identity;
}
