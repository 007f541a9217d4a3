import { EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OneTimeActs, type TokenUser } from '../../one-time-token/one-time-acts.js';
import { OneTimeTokenInvalid } from '../../one-time-token/one-time-token.errors.js';
import { Passwords } from '../../password/passwords.js';
import { UserAccounts } from '../../user/user-accounts.js';
import { User } from '../../user/user.aggregate.js';

/** Whose password is another one now. */
export interface ResetAccount extends TokenUser {
  /** All that they can log in as. */
  readonly logins: readonly string[];
}

/**
 * Gives a user another password who shows the token that was mailed to them; all of their sessions end with the event of
 * it. All of it happens, or nothing, and the token can be used again then.
 *
 * @throws {OneTimeTokenInvalid} {@link TenantRefused} {@link PasswordRefused} {@link LoginOverloaded}
 * @throws {UserNotActive} {@link UserLockedOut}
 * @example
 * await commandBus.execute(new ResetPassword({ correlationId }, { token, password }));
 */
export class ResetPassword extends Command<ResetAccount> {
  /** @param origin tenant and user are not known before the token has been read. */
  constructor(
    readonly origin: { readonly correlationId: string },
    readonly input: { readonly token: string; readonly password: string },
  ) {
    super();
  }
}

/** Handles {@link ResetPassword}. */
@CommandHandler(ResetPassword)
export class ResetPasswordHandler implements ICommandHandler<ResetPassword> {
  constructor(
    private readonly acts: OneTimeActs,
    private readonly store: EventStore,
    private readonly passwords: Passwords,
    private readonly accounts: UserAccounts,
  ) {}

  async execute({ origin, input: { token, password } }: ResetPassword): Promise<ResetAccount> {
    const shown = { token, purpose: 'password_reset', ...origin } as const;
    const [owner, sealed] = await this.acts.begin(shown, (user) =>
      this.passwords.seal(user.tenantId, user.userId, password),
    );
    const { tenantId, userId } = owner;
    await this.acts.complete(shown, owner, async (ctx, tx) => {
      await this.store.update(ctx, User, userId, (user) => user.changePassword('reset'));
      this.passwords.put(tx, sealed);
    });
    const account = await this.accounts.findById(tenantId, userId);
    if (!account) throw new OneTimeTokenInvalid();
    const { email, userName } = account;
    return { ...owner, logins: userName === null ? [email] : [email, userName] };
  }
}
