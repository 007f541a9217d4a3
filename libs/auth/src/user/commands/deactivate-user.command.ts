import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';

/**
 * Does not serve a user any more, until they are reactivated.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link LastOwner} {@link UserAlreadyDeactivated}
 * @example
 * await commandBus.execute(new DeactivateUser(ctx, { id }));
 */
export class DeactivateUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
  ) {
    super();
  }
}

/** Handles {@link DeactivateUser}. */
@CommandHandler(DeactivateUser)
export class DeactivateUserHandler implements ICommandHandler<DeactivateUser> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: DeactivateUser): Promise<AppendResult> {
    return changeUser(this.store, ctx, ['DeactivateUser', input], (user) => user.deactivate());
  }
}
