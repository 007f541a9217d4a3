import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import { TenantNotFound } from '../tenant.errors.js';

/**
 * Refuses a tenant's requests from now on: at once in this process, within a second in the others. Tenants below it
 * go on being served.
 *
 * @throws {TenantNotFound} {@link TenantAlreadySuspended} {@link TenantAwaitsDeletion} {@link VersionMismatch}
 * @example
 * await commandBus.execute(new SuspendTenant(ctx, { id, reason: 'Invoice 2026-014 is unpaid' }));
 */
export class SuspendTenant extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: {
      readonly id: string;
      readonly reason: string;
      readonly expectedVersion?: number | undefined;
    },
  ) {
    super();
  }
}

/** Handles {@link SuspendTenant}. */
@CommandHandler(SuspendTenant)
export class SuspendTenantHandler implements ICommandHandler<SuspendTenant> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: SuspendTenant): Promise<AppendResult> {
    const { id, reason, expectedVersion } = input;
    const suspend = () =>
      this.store.update(ctx, Tenant, id, (tenant) => tenant.suspend(reason), {
        expectedVersion,
        notFound: () => new TenantNotFound(id),
      });
    return this.store.once(ctx, suspend, { command: ['SuspendTenant', input] });
  }
}
