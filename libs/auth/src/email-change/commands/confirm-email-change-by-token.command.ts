import { type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OneTimeActs } from '../../one-time-token/one-time-acts.js';
import { User } from '../../user/user.aggregate.js';
import { UserEmailTaken } from '../../user/user.errors.js';
import { UnconfirmedRegistrations } from '../../registration/unconfirmed-registrations.js';

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
    private readonly unconfirmed: UnconfirmedRegistrations,
  ) {}

  async execute({ origin, input: { token } }: ConfirmEmailChangeByToken): Promise<void> {
    let wanted: { readonly ctx: Context; readonly email: string } | undefined;
    const confirm = () =>
      this.acts.run({ token, purpose: 'email_change', ...origin }, (ctx, userId, _tx, { requestId }) =>
        this.store.update(ctx, User, userId, (user) => {
          user.confirmEmailChange(String(requestId));
          wanted = { ctx, email: user.email };
        }),
      );
    try {
      await confirm();
    } catch (error) {
      if (!(error instanceof UserEmailTaken && wanted)) throw error;
      // By somebody who only said that it is theirs? Here is who has shown it.
      if (!(await this.unconfirmed.release(wanted.ctx, [wanted.email]))) throw error;
      await confirm();
    }
  }
}
