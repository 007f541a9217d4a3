import { uuidv7 } from '@acci/database';
import { type AppendResult, type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OwnPassword } from '../../password/own-password.js';
import { User } from '../../user/user.aggregate.js';

/**
 * Has a mail sent to the address that a user wants, who shows that they know their password.
 *
 * @throws {PasswordWrong} {@link LoginThrottled} {@link LoginOverloaded}
 * @throws {UserNotActive} {@link UserLockedOut} {@link UserMailTooSoon}
 * @example
 * await commandBus.execute(new RequestOwnEmailChange(ctx, { userId, email: 'countess@example.com', password }));
 */
export class RequestOwnEmailChange extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly userId: string; readonly email: string; readonly password: string },
  ) {
    super();
  }
}

/** Handles {@link RequestOwnEmailChange}. */
@CommandHandler(RequestOwnEmailChange)
export class RequestOwnEmailChangeHandler implements ICommandHandler<RequestOwnEmailChange> {
  constructor(
    private readonly ownPassword: OwnPassword,
    private readonly store: EventStore,
  ) {}

  async execute({ ctx, input: { userId, email, password } }: RequestOwnEmailChange): Promise<AppendResult> {
    await this.ownPassword.assertKnown(ctx, userId, password);
    const request = { requestId: uuidv7(), email };
    return this.store.update(ctx, User, userId, (user) => user.requestEmailChange(request, new Date()));
  }
}
