import type { AppendResult, Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Grantor, program } from '../../grant/grant-gate.js';
import type { UserRef } from '../change-user.js';
import { ManagedUsers } from '../managed-users.js';

/**
 * Keeps a user out, whatever their status, until they are unlocked.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link PermissionNotHeld} {@link LastOwner} {@link UserLockedOut}
 * @example
 * await commandBus.execute(new LockUser(ctx, { id, reason: 'Lost laptop' }));
 */
export class LockUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef & { readonly reason: string },
    readonly by: Grantor = program,
  ) {
    super();
  }
}

/** Handles {@link LockUser}. */
@CommandHandler(LockUser)
export class LockUserHandler implements ICommandHandler<LockUser> {
  constructor(private readonly users: ManagedUsers) {}

  execute({ ctx, input, by }: LockUser): Promise<AppendResult> {
    return this.users.change(ctx, by, ['LockUser', input], (user) => user.lock(input.reason));
  }
}
