import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';

/**
 * Lets a locked user in again.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link UserNotLocked}
 * @example
 * await commandBus.execute(new UnlockUser(ctx, { id }));
 */
export class UnlockUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
  ) {
    super();
  }
}

/** Handles {@link UnlockUser}. */
@CommandHandler(UnlockUser)
export class UnlockUserHandler implements ICommandHandler<UnlockUser> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: UnlockUser): Promise<AppendResult> {
    return changeUser(this.store, ctx, ['UnlockUser', input], (user) => user.unlock());
  }
}
