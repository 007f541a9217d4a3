import { TenantLookup, TenantNotFound, TenantStatus } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';

/** Tells whether the platform can do something in a tenant that it names. */
@Injectable()
export class ServedTenants {
  constructor(
    private readonly tenants: TenantLookup,
    private readonly status: TenantStatus,
  ) {}

  /** @throws {TenantNotFound} @throws {TenantRefused} for one that is not served. */
  async assertServed(tenantId: string): Promise<void> {
    if (!(await this.tenants.byId(tenantId))) throw new TenantNotFound(tenantId);
    await this.status.assertActive(tenantId);
  }
}
