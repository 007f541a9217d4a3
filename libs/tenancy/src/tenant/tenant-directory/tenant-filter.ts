import type { ListTenantsQuery } from '../tenant.schemas.js';

/** What a list of tenants is filtered by. */
export type TenantFilter = Pick<ListTenantsQuery, 'status' | 'plan' | 'homeRegion' | 'parentId' | 'search'>;

/** The condition of the rows of the directory that fit a filter. */
export function tenantsThatFit(tenantId: string, filter: TenantFilter): Conditions {
  const where = new Conditions().and('tenant_id = ?::uuid', tenantId);
  if (filter.status) where.and('status = ?', filter.status);
  if (filter.plan) where.and('plan = ?', filter.plan);
  if (filter.homeRegion) where.and('home_region = ?', filter.homeRegion);
  if (filter.parentId) where.and('parent_id = ?::uuid', filter.parentId);
  if (filter.search) where.and('strpos(name_key || chr(10) || slug, lower(?)) > 0', filter.search);
  return where;
}

/** Conditions that hold together, with their values bound in order. */
class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  get sql(): string {
    return this.parts.join(' and ');
  }

  /** @param condition SQL with one `?` for the value. */
  and(condition: string, value: unknown): this {
    this.values.push(value);
    this.parts.push(condition.replace('?', `$${this.values.length}`));
    return this;
  }
}
