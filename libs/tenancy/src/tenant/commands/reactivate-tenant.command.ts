import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import { TenantNotFound } from '../tenant.errors.js';

/**
 * Serves a suspended tenant again.
 *
 * @throws {TenantNotFound} {@link TenantNotSuspended} {@link TenantAwaitsDeletion} {@link VersionMismatch}
 * @example
 * await commandBus.execute(new ReactivateTenant(ctx, { id }));
 */
export class ReactivateTenant extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly id: string; readonly expectedVersion?: number | undefined },
  ) {
    super();
  }
}

/** Handles {@link ReactivateTenant}. */
@CommandHandler(ReactivateTenant)
export class ReactivateTenantHandler implements ICommandHandler<ReactivateTenant> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: ReactivateTenant): Promise<AppendResult> {
    const { id, expectedVersion } = input;
    const reactivate = () =>
      this.store.update(ctx, Tenant, id, (tenant) => tenant.reactivate(), {
        expectedVersion,
        notFound: () => new TenantNotFound(id),
      });
    return this.store.once(ctx, reactivate, { command: ['ReactivateTenant', input] });
  }
}
