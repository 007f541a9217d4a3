import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';

/**
 * Gives a user the e-mail address that they asked for. Whoever calls it has seen the token that was mailed there.
 *
 * @throws {UserNotFound} {@link VersionMismatch}
 * @throws {UserNotActive} {@link UserLockedOut} {@link EmailChangeNotRequested} {@link UserEmailTaken}
 * @example
 * await commandBus.execute(new ConfirmEmailChange(ctx, { id: userId, requestId }));
 */
export class ConfirmEmailChange extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef & { readonly requestId: string },
  ) {
    super();
  }
}

/** Handles {@link ConfirmEmailChange}. */
@CommandHandler(ConfirmEmailChange)
export class ConfirmEmailChangeHandler implements ICommandHandler<ConfirmEmailChange> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: ConfirmEmailChange): Promise<AppendResult> {
    return changeUser(this.store, ctx, ['ConfirmEmailChange', input], (user) =>
      user.confirmEmailChange(input.requestId),
    );
  }
}
