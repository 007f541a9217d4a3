import { EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OneTimeActs } from '../../one-time-token/one-time-acts.js';
import { User } from '../../user/user.aggregate.js';

/**
 * Gives a user the e-mail address that they asked for, once they show the token that was mailed there. It is good for the
 * address that it was mailed to only: after another request it is worth nothing.
 *
 * @throws {OneTimeTokenInvalid} {@link TenantRefused} {@link UserNotActive} {@link UserLockedOut}
 * @throws {EmailChangeNotRequested} {@link UserEmailTaken}
 * @example
 * await commandBus.execute(new ConfirmEmailChangeByToken({ correlationId }, { token }));
 */
export class ConfirmEmailChangeByToken extends Command<void> {
  /** @param origin tenant and user are not known before the token has been read. */
  constructor(
    readonly origin: { readonly correlationId: string },
    readonly input: { readonly token: string },
  ) {
    super();
  }
}

/** Handles {@link ConfirmEmailChangeByToken}. */
@CommandHandler(ConfirmEmailChangeByToken)
export class ConfirmEmailChangeByTokenHandler implements ICommandHandler<ConfirmEmailChangeByToken> {
  constructor(
    private readonly acts: OneTimeActs,
    private readonly store: EventStore,
  ) {}

  async execute({ origin, input: { token } }: ConfirmEmailChangeByToken): Promise<void> {
    await this.acts.run({ token, purpose: 'email_change', ...origin }, (ctx, userId, _tx, { requestId }) =>
      this.store.update(ctx, User, userId, (user) => user.confirmEmailChange(String(requestId))),
    );
  }
}
