import { accessOf, HttpProblem, rawRequest, setIdentity, type AnyRequest } from '@acci/rest';
import { TenantStatus } from '@acci/tenancy';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { z } from 'zod';

/** Believes whoever names a tenant. Good for a first look only: `@acci/auth` checks keys and permissions. */
@Injectable()
export class HeaderIdentityGuard implements CanActivate {
  constructor(private readonly tenants: TenantStatus) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(context.getHandler(), context.getClass());
    if (access && 'public' in access) return true;
    const request = context.switchToHttp().getRequest<AnyRequest>();
    const tenantId = z.uuid().safeParse(rawRequest(request).headers['x-tenant-id']).data;
    if (!tenantId) throw new HttpProblem(401, 'auth.credentials.missing', 'Name a tenant in X-Tenant-Id.');
    // Unknown, suspended and deleted tenants are refused.
    await this.tenants.assertActive(tenantId);
    setIdentity(request, { tenantId, actor: 'user:anybody', permissions: '*' });
    return true;
  }
}
