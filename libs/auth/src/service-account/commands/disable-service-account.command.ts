import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeServiceAccount, type ServiceAccountRef } from '../change-service-account.js';

/**
 * Keeps a service account out until it is enabled
 *
 * @throws {ServiceAccountNotFound} {@link VersionMismatch} {@link  it gets no access tokens, and those that it has are worth nothing for good.:ServiceAccountAlreadyDisabled}
 * @example
 * await commandBus.execute(new DisableServiceAccount(ctx, { id }));
 */
export class DisableServiceAccount extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: ServiceAccountRef,
  ) {
    super();
  }
}

/** Handles {@link DisableServiceAccount}. */
@CommandHandler(DisableServiceAccount)
export class DisableServiceAccountHandler implements ICommandHandler<DisableServiceAccount> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: DisableServiceAccount): Promise<AppendResult> {
    return changeServiceAccount(this.store, ctx, ['DisableServiceAccount', input], (account) =>
      account.disable(),
    );
  }
}
