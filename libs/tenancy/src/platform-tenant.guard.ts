import { identityOf, type AnyRequest } from '@acci/rest';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { assertPlatformTenant } from './platform-tenant.js';

/**
 * Lets only those in who act for the platform. It runs after the guard that authenticates, which has refused
 * whoever has no identity.
 *
 * @throws {PlatformTenantRequired} for a tenant.
 * @example
 * @UseGuards(PlatformTenantGuard)
 * @Controller({ path: 'invoicing-runs', version: '1' })
 * class InvoicingRunsController {}
 */
@Injectable()
export class PlatformTenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const identity = identityOf(context.switchToHttp().getRequest<AnyRequest>());
    if (identity) assertPlatformTenant(identity.tenantId);
    return identity !== undefined;
  }
}
