import { Database, prepared } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import { TenantHasChildren, TenantNotFound } from '../tenant.errors.js';
import { hasChildren, lockHierarchy } from '../tenant-hierarchy.js';

const requestErasure = prepared('insert into acci.tenant_erasures (erased_tenant) values ($1::uuid)');

/**
 * Purges a tenant whose grace period is over: it is gone at once, and a worker then erases every row of it. There
 * is no way back, and none around the grace period: who must purge at once schedules the deletion with none.
 *
 * @throws {TenantNotFound} {@link TenantNotAwaitingDeletion} {@link TenantGracePeriodRunning} {@link TenantHasChildren}
 * @throws {VersionMismatch}
 * @throws {StreamConflict} if the tenant changed in the same moment.
 * @example
 * await commandBus.execute(new PurgeTenant(ctx, { id }));
 */
export class PurgeTenant extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly id: string; readonly expectedVersion?: number | undefined },
  ) {
    super();
  }
}

/** Handles {@link PurgeTenant}: the event and the order to erase are one transaction, so neither is without the other. */
@CommandHandler(PurgeTenant)
export class PurgeTenantHandler implements ICommandHandler<PurgeTenant> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  execute({ ctx, input: { id, expectedVersion } }: PurgeTenant): Promise<AppendResult> {
    return this.database.asSystem('request the erasure of a tenant', async (system) => {
      const purged = await this.database.inTenant(ctx.tenantId, async (tx) => {
        lockHierarchy(tx, 'exclusive');
        if (await hasChildren(tx, id, 'any')) throw new TenantHasChildren(id);
        return this.store.update(ctx, Tenant, id, (tenant) => tenant.purge(new Date()), {
          expectedVersion,
          notFound: () => new TenantNotFound(id),
        });
      });
      system.execute(requestErasure, [id]);
      return purged;
    });
  }
}
