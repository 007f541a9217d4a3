import { Database, prepared, type Transaction } from '@acci/database';
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

  execute({ ctx, input }: PurgeTenant): Promise<AppendResult> {
    return this.database.asSystem('request the erasure of a tenant', async (system) => {
      let isFirst = false;
      const purged = await this.database.inTenant(ctx.tenantId, (tx) => {
        const purge = (): Promise<AppendResult> => {
          isFirst = true;
          return this.purge(tx, ctx, input);
        };
        return this.store.once(ctx, purge, { command: ['PurgeTenant', input] });
      });
      if (isFirst) system.execute(requestErasure, [input.id]);
      return purged;
    });
  }

  private async purge(
    tx: Transaction,
    ctx: Context,
    { id, expectedVersion }: PurgeTenant['input'],
  ): Promise<AppendResult> {
    lockHierarchy(tx, 'exclusive');
    if (await hasChildren(tx, id, 'any')) throw new TenantHasChildren(id);
    return this.store.update(ctx, Tenant, id, (tenant) => tenant.purge(new Date()), {
      expectedVersion,
      notFound: () => new TenantNotFound(id),
    });
  }
}
