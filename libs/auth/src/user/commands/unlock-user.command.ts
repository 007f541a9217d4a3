import type { AppendResult, Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Grantor, program } from '../../grant/grant-gate.js';
import type { UserRef } from '../change-user.js';
import { ManagedUsers } from '../managed-users.js';

/**
 * Lets a locked user in again.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link PermissionNotHeld} {@link UserNotLocked}
 * @example
 * await commandBus.execute(new UnlockUser(ctx, { id }));
 */
export class UnlockUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
    readonly by: Grantor = program,
  ) {
    super();
  }
}

/** Handles {@link UnlockUser}. */
@CommandHandler(UnlockUser)
export class UnlockUserHandler implements ICommandHandler<UnlockUser> {
  constructor(private readonly users: ManagedUsers) {}

  execute({ ctx, input, by }: UnlockUser): Promise<AppendResult> {
    return this.users.change(ctx, by, ['UnlockUser', input], (user) => user.unlock());
  }
}
