import type { AppendResult, Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Grantor, program } from '../../grant/grant-gate.js';
import type { UserRef } from '../change-user.js';
import { ManagedUsers } from '../managed-users.js';

/**
 * Makes a deactivated user what they were before: active, or invited.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link PermissionNotHeld} {@link UserNotDeactivated}
 * @example
 * await commandBus.execute(new ReactivateUser(ctx, { id }));
 */
export class ReactivateUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
    readonly by: Grantor = program,
  ) {
    super();
  }
}

/** Handles {@link ReactivateUser}. */
@CommandHandler(ReactivateUser)
export class ReactivateUserHandler implements ICommandHandler<ReactivateUser> {
  constructor(private readonly users: ManagedUsers) {}

  execute({ ctx, input, by }: ReactivateUser): Promise<AppendResult> {
    return this.users.change(ctx, by, ['ReactivateUser', input], (user) => user.reactivate());
  }
}
