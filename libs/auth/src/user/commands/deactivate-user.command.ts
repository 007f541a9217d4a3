import type { AppendResult, Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Grantor, program } from '../../grant/grant-gate.js';
import type { UserRef } from '../change-user.js';
import { ManagedUsers } from '../managed-users.js';

/**
 * Does not serve a user any more, until they are reactivated.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link PermissionNotHeld} {@link LastOwner} {@link UserAlreadyDeactivated}
 * @example
 * await commandBus.execute(new DeactivateUser(ctx, { id }));
 */
export class DeactivateUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
    readonly by: Grantor = program,
  ) {
    super();
  }
}

/** Handles {@link DeactivateUser}. */
@CommandHandler(DeactivateUser)
export class DeactivateUserHandler implements ICommandHandler<DeactivateUser> {
  constructor(private readonly users: ManagedUsers) {}

  execute({ ctx, input, by }: DeactivateUser): Promise<AppendResult> {
    return this.users.change(ctx, by, ['DeactivateUser', input], (user) => user.deactivate());
  }
}
