import { Database, prepared } from '@acci/database';
import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT_ID } from '../../platform-tenant.js';
import { Recent } from '../../recent.js';
import type { SettingsRecord } from '../tenant.events.js';
import type { TenantResponse } from '../tenant.schemas.js';
import { tenantSlugPattern } from '../tenant-slug.js';

/** A tenant, as far as somebody must know who greets its people: with its name, in its language. */
export interface KnownTenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: TenantResponse['status'];
  readonly settings: SettingsRecord;
}

const columns = 'id, slug, name, status, settings';
const selectBySlug = prepared(
  `select ${columns} from acci.tenant_directory where tenant_id = $1::uuid and slug = $2`,
);
const selectById = prepared(
  `select ${columns} from acci.tenant_directory where tenant_id = $1::uuid and id = $2::uuid`,
);
// The bound ends the recursion even over a cycle, should one ever get into the table by hand.
const selectAncestors = prepared(`
  with recursive line as (
    select parent_id, 1 as step from acci.tenant_directory where tenant_id = $1::uuid and id = $2::uuid
     union all
    select above.parent_id, line.step + 1
      from line join acci.tenant_directory as above on above.tenant_id = $1::uuid and above.id = line.parent_id
     where line.step < 64)
  select parent_id as id from line where parent_id is not null order by step`);

/** No tenant can be called so: the slug is reserved. */
const platform: KnownTenant = {
  id: PLATFORM_TENANT_ID,
  slug: 'platform',
  name: 'Platform',
  status: 'active',
  settings: {},
};

/**
 * Finds tenants for those who know only what people type or what stands in a link, before anybody is identified. What
 * was found is used for a second. The platform tenant is found as `platform`.
 *
 * @example
 * const tenant = await tenants.bySlug('acme');
 * if (tenant?.status !== 'active') throw new CredentialsInvalid();
 */
@Injectable()
export class TenantLookup {
  private readonly recent = new Recent<KnownTenant | undefined>({ ttlMs: 1_000, max: 10_000 });
  private readonly ancestors = new Recent<readonly string[]>({ ttlMs: 1_000, max: 10_000 });

  constructor(private readonly database: Database) {}

  /** The tenant with this slug, whatever its status; undefined if there is none. */
  async bySlug(slug: string): Promise<KnownTenant | undefined> {
    if (slug === platform.slug) return platform;
    // What can be nobody's slug takes no place among the answers.
    if (!tenantSlugPattern.test(slug)) return undefined;
    return this.ask(`slug ${slug}`, () => this.read(selectBySlug, slug));
  }

  /** The tenant with this id, whatever its status; undefined if there is none. */
  async byId(id: string): Promise<KnownTenant | undefined> {
    if (id === platform.id) return platform;
    return this.ask(id, () => this.read(selectById, id));
  }

  /** The tenants above one, the nearest first; none for one that does not exist. */
  async ancestorsOf(id: string): Promise<readonly string[]> {
    return this.ancestors.ask(id, async () => {
      const rows = await this.database.readInTenant<{ id: string }>(PLATFORM_TENANT_ID, selectAncestors, [
        PLATFORM_TENANT_ID,
        id,
      ]);
      return rows.map((row) => row.id);
    });
  }

  /** That there is none holds for nobody who asks later: whoever makes a tenant may greet its people at once. */
  private async ask(question: string, read: () => Promise<KnownTenant | undefined>) {
    const tenant = await this.recent.ask(question, read);
    if (!tenant) this.recent.forget(question);
    return tenant;
  }

  private async read(statement: typeof selectBySlug, key: string): Promise<KnownTenant | undefined> {
    const [tenant] = await this.database.readInTenant<KnownTenant>(PLATFORM_TENANT_ID, statement, [
      PLATFORM_TENANT_ID,
      key,
    ]);
    return tenant;
  }
}
