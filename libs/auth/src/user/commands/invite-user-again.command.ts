import type { AppendResult, Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Grantor, program } from '../../grant/grant-gate.js';
import type { UserRef } from '../change-user.js';
import { ManagedUsers } from '../managed-users.js';

/**
 * Has the mail with the invitation sent once more, with another link.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link PermissionNotHeld}
 * @throws {UserNotInvited} {@link UserLockedOut} {@link UserMailTooSoon}
 * @example
 * await commandBus.execute(new InviteUserAgain(ctx, { id }));
 */
export class InviteUserAgain extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
    readonly by: Grantor = program,
  ) {
    super();
  }
}

/** Handles {@link InviteUserAgain}. */
@CommandHandler(InviteUserAgain)
export class InviteUserAgainHandler implements ICommandHandler<InviteUserAgain> {
  constructor(private readonly users: ManagedUsers) {}

  execute({ ctx, input, by }: InviteUserAgain): Promise<AppendResult> {
    return this.users.change(ctx, by, ['InviteUserAgain', input], (user) => user.inviteAgain(new Date()));
  }
}
