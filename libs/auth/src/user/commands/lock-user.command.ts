import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';

/**
 * Keeps a user out, whatever their status, until they are unlocked.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link LastOwner} {@link UserLockedOut}
 * @example
 * await commandBus.execute(new LockUser(ctx, { id, reason: 'Lost laptop' }));
 */
export class LockUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef & { readonly reason: string },
  ) {
    super();
  }
}

/** Handles {@link LockUser}. */
@CommandHandler(LockUser)
export class LockUserHandler implements ICommandHandler<LockUser> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: LockUser): Promise<AppendResult> {
    return changeUser(this.store, ctx, ['LockUser', input], (user) => user.lock(input.reason));
  }
}
