import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';

/**
 * Has the mail with the invitation sent once more, with another link.
 *
 * @throws {UserNotFound} {@link VersionMismatch}
 * @throws {UserNotInvited} {@link UserLockedOut} {@link UserMailTooSoon}
 * @example
 * await commandBus.execute(new InviteUserAgain(ctx, { id }));
 */
export class InviteUserAgain extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
  ) {
    super();
  }
}

/** Handles {@link InviteUserAgain}. */
@CommandHandler(InviteUserAgain)
export class InviteUserAgainHandler implements ICommandHandler<InviteUserAgain> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: InviteUserAgain): Promise<AppendResult> {
    return changeUser(this.store, ctx, ['InviteUserAgain', input], (user) => user.inviteAgain(new Date()));
  }
}
