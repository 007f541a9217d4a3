import { uuidv7 } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeUser, type UserRef } from '../change-user.js';

/**
 * Has a mail sent to the address that a user wants, by which they show that it is theirs. It is not said here whether
 * another user has it.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link UserNotActive} {@link UserLockedOut} {@link UserMailTooSoon}
 * @example
 * await commandBus.execute(new RequestEmailChange(ctx, { id: userId, email: 'countess@example.com' }));
 */
export class RequestEmailChange extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef & { readonly email: string },
  ) {
    super();
  }
}

/** Handles {@link RequestEmailChange}. */
@CommandHandler(RequestEmailChange)
export class RequestEmailChangeHandler implements ICommandHandler<RequestEmailChange> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: RequestEmailChange): Promise<AppendResult> {
    const request = { requestId: uuidv7(), email: input.email };
    return changeUser(this.store, ctx, ['RequestEmailChange', input], (user) =>
      user.requestEmailChange(request, new Date()),
    );
  }
}
