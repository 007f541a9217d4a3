import { type KnownTenant, TenantLookup, TenantRefused } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';

/** How long sessions of a tenant go on. */
export interface SessionLifetimes {
  /** Without being used, in milliseconds. */
  readonly idleMs: number;
  /** However much they are used, in milliseconds. */
  readonly lifetimeMs: number;
}

const minute = 60_000;
const defaults = { idleMinutes: 60, lifetimeMinutes: 24 * 60 };

/** Knows how long a tenant lets sessions go on: its settings `sessionIdleMinutes` and `sessionLifetimeMinutes`. */
@Injectable()
export class SessionTerms {
  constructor(private readonly tenants: TenantLookup) {}

  /**
   * What {@link Sessions.start} needs to know of a tenant. Not to be called inside a transaction: what is known of
   * tenants belongs to the platform's tenant.
   *
   * @throws {TenantRefused} for a tenant that is not served.
   */
  async of(tenantId: string): Promise<SessionLifetimes> {
    const tenant = await this.tenants.byId(tenantId);
    if (tenant?.status !== 'active') throw new TenantRefused(refusalOf(tenant));
    const { sessionIdleMinutes, sessionLifetimeMinutes } = tenant.settings;
    return {
      idleMs: minutesOr(sessionIdleMinutes, defaults.idleMinutes) * minute,
      lifetimeMs: minutesOr(sessionLifetimeMinutes, defaults.lifetimeMinutes) * minute,
    };
  }
}

function minutesOr(value: unknown, byDefault: number): number {
  return typeof value === 'number' ? value : byDefault;
}

function refusalOf(tenant: KnownTenant | undefined): Exclude<KnownTenant['status'], 'active'> | 'unknown' {
  return tenant && tenant.status !== 'active' ? tenant.status : 'unknown';
}
