import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';

/**
 * Makes an invited or registered user active. Whoever calls it has seen that they may be: it asks for no token.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link UserNotInvited} {@link UserLockedOut}
 * @example
 * await commandBus.execute(new ActivateUser(ctx, { id, emailVerified: true }));
 */
export class ActivateUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef & { readonly emailVerified: boolean },
  ) {
    super();
  }
}

/** Handles {@link ActivateUser}. */
@CommandHandler(ActivateUser)
export class ActivateUserHandler implements ICommandHandler<ActivateUser> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: ActivateUser): Promise<AppendResult> {
    return changeUser(this.store, ctx, ['ActivateUser', input], (user) => user.activate(input));
  }
}
