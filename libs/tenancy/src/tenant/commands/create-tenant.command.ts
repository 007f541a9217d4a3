import { Database, uuidv7 } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertPlatformTenant } from '../../platform-tenant.js';
import { Tenant, type ParentTenant } from '../tenant.aggregate.js';
import { lockHierarchy, readParent } from '../tenant-hierarchy.js';
import { TenantRules } from '../tenant-rules.js';
import type { CreateTenantRequest } from '../tenant.schemas.js';

/**
 * Makes a tenant; the result's `streamId` is its id.
 *
 * @throws {PlatformTenantRequired} {@link TenantSlugInvalid} {@link TenantSlugReserved} {@link TenantSlugTaken}
 * @throws {TenantPlanUnknown} {@link TenantRegionUnknown} {@link TenantSettingsInvalid}
 * @throws {TenantParentNotFound} {@link TenantParentAwaitsDeletion} {@link TenantHierarchyTooDeep}
 * @example
 * const { streamId } = await commandBus.execute(new CreateTenant(ctx, { slug: 'acme', name: 'Acme Ltd' }));
 */
export class CreateTenant extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: CreateTenantRequest,
  ) {
    super();
  }
}

/** Handles {@link CreateTenant}: one round trip for a tenant at the top, which needs to know nothing of others. */
@CommandHandler(CreateTenant)
export class CreateTenantHandler implements ICommandHandler<CreateTenant> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly rules: TenantRules,
  ) {}

  async execute({ ctx, input }: CreateTenant): Promise<AppendResult> {
    assertPlatformTenant(ctx.tenantId);
    return this.store.once(ctx, () => this.place(ctx, input), { command: ['CreateTenant', input] });
  }

  private async place(ctx: Context, input: CreateTenantRequest): Promise<AppendResult> {
    const { parentId } = input;
    if (!parentId) return this.create(ctx, input);
    return this.database.inTenant(ctx.tenantId, async (tx) => {
      lockHierarchy(tx, 'shared');
      return this.create(ctx, input, await readParent(tx, parentId));
    });
  }

  private async create(
    ctx: Context,
    input: CreateTenantRequest,
    parent?: ParentTenant,
  ): Promise<AppendResult> {
    const tenant = new Tenant(uuidv7());
    tenant.create({ ...this.rules.complete(input), parent });
    return this.store.save(ctx, tenant);
  }
}
