import { uuidv7 } from '@acci/database';
import type { Context } from '@acci/event-store';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { PLATFORM_TENANT_ID } from './platform-tenant.js';
import { CreateTenant } from './tenant/commands/create-tenant.command.js';
import { TenantCreated } from './tenant/tenant.events.js';
import type { CreateTenantRequest } from './tenant/tenant.schemas.js';

/**
 * The context of somebody who runs the platform.
 *
 * @example
 * await commandBus.execute(new SuspendTenant(platformContext(), { id, reason: 'unpaid' }));
 */
export function platformContext(overrides: Partial<Context> = {}): Context {
  return { tenantId: PLATFORM_TENANT_ID, actor: 'test', correlationId: uuidv7(), ...overrides };
}

/**
 * What a tenant may be made of; its slug is another one each time.
 *
 * @example
 * const { streamId } = await commandBus.execute(new CreateTenant(platformContext(), aTenant({ plan: 'free' })));
 */
export function aTenant(overrides: Partial<CreateTenantRequest> = {}): CreateTenantRequest {
  return { slug: `t-${uuidv7()}`, name: 'A tenant', ...overrides };
}

/**
 * The first event of a tenant, for given / when / then.
 *
 * @example
 * given(Tenant, id, [aTenantCreated({ plan: 'free' })]);
 */
export function aTenantCreated(overrides: Partial<TenantCreated['data']> = {}): TenantCreated {
  return TenantCreated.of({
    slug: 'acme',
    name: 'Acme Ltd',
    plan: 'standard',
    homeRegion: 'eu',
    settings: { locale: 'en', timeZone: 'UTC', currency: 'EUR' },
    parentId: null,
    ...overrides,
  });
}

/**
 * Makes tenants in a running app, for tests of whatever a tenant is needed for.
 *
 * @returns their ids.
 * @example
 * const [tenantA, tenantB] = await createTenants(app, 2);
 */
export async function createTenants(
  app: INestApplicationContext,
  count: number,
  overrides: Partial<CreateTenantRequest> = {},
): Promise<string[]> {
  const commandBus = app.get(CommandBus, { strict: false });
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const { streamId } = await commandBus.execute(new CreateTenant(platformContext(), aTenant(overrides)));
    ids.push(streamId);
  }
  return ids;
}
