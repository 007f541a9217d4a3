import { type AnyRequest, rawRequest } from '@acci/rest';
import { type KnownTenant, TenantLookup } from '@acci/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';

/** Finds the tenant that a request is for as long as nobody is identified. */
@Injectable()
export class TenantOfRequest {
  private readonly domain: string | undefined;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) { tenantDomain }: AuthModuleOptions,
    private readonly tenants: TenantLookup,
  ) {
    this.domain = tenantDomain && `.${tenantDomain.toLowerCase()}`;
  }

  /**
   * @param slug what the body says; undefined to go by the request's host name.
   * @returns undefined if there is no such tenant, or it is not served: to be answered as for a user who is not there.
   */
  async find(request: AnyRequest, slug?: string): Promise<KnownTenant | undefined> {
    const wanted = slug ?? this.slugOf(request);
    const tenant = wanted === undefined ? undefined : await this.tenants.bySlug(wanted);
    return tenant?.status === 'active' ? tenant : undefined;
  }

  private slugOf(request: AnyRequest): string | undefined {
    // The adapter's own is that of the proxy's header, where the proxy is trusted.
    const { hostname } = request as { readonly hostname?: string };
    const host = (hostname ?? rawRequest(request).headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
    return this.domain !== undefined && host.endsWith(this.domain)
      ? host.slice(0, -this.domain.length)
      : undefined;
  }
}
