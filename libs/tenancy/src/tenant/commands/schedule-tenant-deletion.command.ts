import { Database } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import { TenantHasChildren, TenantNotFound } from '../tenant.errors.js';
import { hasChildren, lockHierarchy } from '../tenant-hierarchy.js';
import { TenantRules } from '../tenant-rules.js';

/**
 * Schedules a tenant's purge for the end of a grace period; until then its requests are refused, and it can be
 * restored with `CancelTenantDeletion`. Every tenant below it must have been scheduled before.
 *
 * @throws {TenantNotFound} {@link TenantAwaitsDeletion} {@link TenantHasChildren} {@link VersionMismatch}
 * @throws {StreamConflict} if the tenant changed in the same moment.
 * @example
 * await commandBus.execute(new ScheduleTenantDeletion(ctx, { id, gracePeriodDays: 14, reason: 'Contract ended' }));
 */
export class ScheduleTenantDeletion extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: {
      readonly id: string;
      /** Default: the module's option. 0 lets it be purged at once. */
      readonly gracePeriodDays?: number | undefined;
      readonly reason?: string | undefined;
      readonly expectedVersion?: number | undefined;
    },
  ) {
    super();
  }
}

/** Handles {@link ScheduleTenantDeletion}. */
@CommandHandler(ScheduleTenantDeletion)
export class ScheduleTenantDeletionHandler implements ICommandHandler<ScheduleTenantDeletion> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly rules: TenantRules,
  ) {}

  execute({ ctx, input }: ScheduleTenantDeletion): Promise<AppendResult> {
    const { id, gracePeriodDays, reason, expectedVersion } = input;
    const dueAt = this.rules.deletionDueAt(new Date(), gracePeriodDays);
    return this.database.inTenant(ctx.tenantId, async (tx) => {
      lockHierarchy(tx, 'exclusive');
      if (await hasChildren(tx, id, 'staying')) throw new TenantHasChildren(id);
      return this.store.update(ctx, Tenant, id, (tenant) => tenant.scheduleDeletion(dueAt, reason ?? null), {
        expectedVersion,
        notFound: () => new TenantNotFound(id),
      });
    });
  }
}
