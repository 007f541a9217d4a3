import type { AppendResult, Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Grantor, program } from '../../grant/grant-gate.js';
import type { UserRef } from '../change-user.js';
import { ManagedUsers } from '../managed-users.js';
import type { UserProfile } from '../user.state.js';

/**
 * Changes what is said about a user: all that is named, or nothing. Null takes a field away.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link PermissionNotHeld} {@link UserNameTaken}
 * @example
 * await commandBus.execute(new ChangeUserProfile(ctx, { id, profile: { department: 'Sales' } }));
 */
export class ChangeUserProfile extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef & { readonly profile: Partial<UserProfile> },
    readonly by: Grantor = program,
  ) {
    super();
  }
}

/** Handles {@link ChangeUserProfile}. */
@CommandHandler(ChangeUserProfile)
export class ChangeUserProfileHandler implements ICommandHandler<ChangeUserProfile> {
  constructor(private readonly users: ManagedUsers) {}

  execute({ ctx, input, by }: ChangeUserProfile): Promise<AppendResult> {
    const { id, profile } = input;
    const { department } = profile;
    return this.users.change(
      ctx,
      by,
      ['ChangeUserProfile', input],
      (user) => user.changeProfile(profile),
      // A condition on the department gives another department's objects to whoever is moved there.
      async (check) => {
        if (department) await check.assertAttribute(id, 'department', department);
      },
    );
  }
}
