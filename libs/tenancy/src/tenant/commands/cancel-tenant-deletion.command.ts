import { Database } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import { TenantNotFound } from '../tenant.errors.js';
import { lockHierarchy, readParent } from '../tenant-hierarchy.js';

/**
 * Restores a tenant whose deletion is scheduled, as it was before: active or suspended.
 *
 * @throws {TenantNotFound} {@link TenantNotAwaitingDeletion} {@link TenantParentAwaitsDeletion} {@link VersionMismatch}
 * @throws {StreamConflict} if the tenant changed in the same moment.
 * @example
 * await commandBus.execute(new CancelTenantDeletion(ctx, { id }));
 */
export class CancelTenantDeletion extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly id: string; readonly expectedVersion?: number | undefined },
  ) {
    super();
  }
}

/** Handles {@link CancelTenantDeletion}. */
@CommandHandler(CancelTenantDeletion)
export class CancelTenantDeletionHandler implements ICommandHandler<CancelTenantDeletion> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  execute({ ctx, input }: CancelTenantDeletion): Promise<AppendResult> {
    return this.store.once(ctx, () => this.cancel(ctx, input), { command: ['CancelTenantDeletion', input] });
  }

  private cancel(
    ctx: Context,
    { id, expectedVersion }: CancelTenantDeletion['input'],
  ): Promise<AppendResult> {
    return this.database.inTenant(ctx.tenantId, async (tx) => {
      lockHierarchy(tx, 'exclusive');
      const cancel = async (tenant: Tenant): Promise<void> => {
        const { parentId } = tenant;
        tenant.cancelDeletion(parentId === null ? undefined : await readParent(tx, parentId));
      };
      return this.store.update(ctx, Tenant, id, cancel, {
        expectedVersion,
        notFound: () => new TenantNotFound(id),
      });
    });
  }
}
