import { PlatformTenantRequired } from './tenant/tenant.errors.js';

/**
 * The tenant that owns the tenants: the streams of all `Tenant` aggregates and the rows of the tenant directory
 * are its own, so that this library is an ordinary slice under row-level security. It is not a customer, has no
 * stream of its own and can be neither suspended nor deleted.
 *
 * @example
 * const ctx: Context = { tenantId: PLATFORM_TENANT_ID, actor: 'key:1', correlationId };
 */
export const PLATFORM_TENANT_ID = '00000000-0000-7000-8000-000000000000';

/**
 * Makes sure that somebody acts for the platform, where alone tenants are made and managed.
 *
 * @throws {PlatformTenantRequired} for any other tenant.
 * @example
 * assertPlatformTenant(ctx.tenantId);
 */
export function assertPlatformTenant(tenantId: string): void {
  if (tenantId !== PLATFORM_TENANT_ID) throw new PlatformTenantRequired();
}
