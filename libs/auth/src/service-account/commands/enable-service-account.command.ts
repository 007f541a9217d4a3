import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeServiceAccount, type ServiceAccountRef } from '../change-service-account.js';

/**
 * Lets a disabled service account in again. It needs new access tokens.
 *
 * @throws {ServiceAccountNotFound} {@link VersionMismatch} {@link ServiceAccountNotDisabled}
 * @example
 * await commandBus.execute(new EnableServiceAccount(ctx, { id }));
 */
export class EnableServiceAccount extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: ServiceAccountRef,
  ) {
    super();
  }
}

/** Handles {@link EnableServiceAccount}. */
@CommandHandler(EnableServiceAccount)
export class EnableServiceAccountHandler implements ICommandHandler<EnableServiceAccount> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: EnableServiceAccount): Promise<AppendResult> {
    return changeServiceAccount(this.store, ctx, ['EnableServiceAccount', input], (account) =>
      account.enable(),
    );
  }
}
