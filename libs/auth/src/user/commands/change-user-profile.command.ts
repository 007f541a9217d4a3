import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';
import type { UserProfile } from '../user.state.js';

/**
 * Changes what is said about a user: all that is named, or nothing. Null takes a field away.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link UserNameTaken}
 * @example
 * await commandBus.execute(new ChangeUserProfile(ctx, { id, profile: { department: 'Sales' } }));
 */
export class ChangeUserProfile extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef & { readonly profile: Partial<UserProfile> },
  ) {
    super();
  }
}

/** Handles {@link ChangeUserProfile}. */
@CommandHandler(ChangeUserProfile)
export class ChangeUserProfileHandler implements ICommandHandler<ChangeUserProfile> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: ChangeUserProfile): Promise<AppendResult> {
    return changeUser(this.store, ctx, ['ChangeUserProfile', input], (user) =>
      user.changeProfile(input.profile),
    );
  }
}
