import {
  ListTenants,
  ListTenantsQuery,
  PLATFORM_TENANT_ID,
  TenantNotFound,
  type TenantResponse,
} from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Platform } from '../platform.js';

type Filter = z.input<typeof ListTenantsQuery>;

const uuid = z.uuid();
const largestPage = 200;

/** Options that name a tenant, or all. */
interface WhichTenants {
  readonly tenant?: string;
  readonly allTenants?: boolean;
}

/** Finds tenants as people name them. */
@Injectable()
export class TenantLookup {
  constructor(private readonly platform: Platform) {}

  /**
   * The id of a tenant.
   *
   * @param named an id, a slug, or `platform` for the tenant that owns the others.
   * @throws {TenantNotFound} for a slug that no tenant has. Whether there is a tenant of an id is not looked up.
   */
  async idOf(named: string): Promise<string> {
    if (named === 'platform') return PLATFORM_TENANT_ID;
    if (uuid.safeParse(named).success) return named.toLowerCase();
    for await (const { id, slug } of this.all({ search: named, sort: 'slug' })) if (slug === named) return id;
    throw new TenantNotFound(named);
  }

  /** All tenants that fit. */
  async list(filter: Filter = {}): Promise<TenantResponse[]> {
    const found: TenantResponse[] = [];
    for await (const tenant of this.all(filter)) found.push(tenant);
    return found;
  }

  /** The tenant that is named, every tenant and the platform, or none: whichever the options say. */
  async named({ tenant, allTenants }: WhichTenants): Promise<string[]> {
    if (tenant !== undefined) return [await this.idOf(tenant)];
    if (!allTenants) return [];
    return [PLATFORM_TENANT_ID, ...(await this.list()).map(({ id }) => id)];
  }

  /** They come page by page, as they are read. */
  private async *all(filter: Filter): AsyncGenerator<TenantResponse> {
    const queries = await this.platform.get(QueryBus);
    const ctx = this.platform.context({});
    for (let cursor: string | undefined; ;) {
      const query = ListTenantsQuery.parse({ limit: String(largestPage), ...filter, cursor });
      const { items, next } = await queries.execute(new ListTenants(ctx, query));
      yield* items;
      if (next === null) return;
      cursor = next;
    }
  }
}
