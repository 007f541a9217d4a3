import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';

/**
 * Makes a deactivated user what they were before: active, or invited.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link UserNotDeactivated}
 * @example
 * await commandBus.execute(new ReactivateUser(ctx, { id }));
 */
export class ReactivateUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
  ) {
    super();
  }
}

/** Handles {@link ReactivateUser}. */
@CommandHandler(ReactivateUser)
export class ReactivateUserHandler implements ICommandHandler<ReactivateUser> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: ReactivateUser): Promise<AppendResult> {
    return changeUser(this.store, ctx, ['ReactivateUser', input], (user) => user.reactivate());
  }
}
