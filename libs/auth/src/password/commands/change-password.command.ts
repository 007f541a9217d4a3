import { Database } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OwnPassword } from '../own-password.js';
import { OnlySession, type RenewedSession } from '../only-session.js';
import { retryingConflicts } from '../../user/retry-conflicts.js';
import { User } from '../../user/user.aggregate.js';
import { Passwords } from '../passwords.js';

/** Who changes their password, and to what. */
export interface PasswordChange {
  readonly userId: string;
  /** The password they have. */
  readonly current: string;
  readonly password: string;
  /** The session in which they do it, which goes on. */
  readonly sessionId: string;
}

/**
 * Changes a user's password, who must know the old one. Their other sessions end, and this one gets another token.
 *
 * @throws {PasswordWrong} {@link PasswordRefused} {@link LoginThrottled} {@link LoginOverloaded}
 * @throws {UserNotActive} {@link UserLockedOut} {@link SessionNotFound}
 * @example
 * const token = await commandBus.execute(new ChangePassword(ctx, { userId, current, password, sessionId }));
 */
export class ChangePassword extends Command<RenewedSession> {
  constructor(
    readonly ctx: Context,
    readonly input: PasswordChange,
  ) {
    super();
  }
}

/** Handles {@link ChangePassword}. */
@CommandHandler(ChangePassword)
export class ChangePasswordHandler implements ICommandHandler<ChangePassword> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly passwords: Passwords,
    private readonly own: OwnPassword,
    private readonly sessions: OnlySession,
  ) {}

  async execute({ ctx, input }: ChangePassword): Promise<RenewedSession> {
    const { userId, current, password, sessionId } = input;
    await this.own.assertKnown(ctx, userId, current);
    const sealed = await this.passwords.seal(ctx.tenantId, userId, password);
    return retryingConflicts(() =>
      this.database.inTenant(ctx.tenantId, async (tx) => {
        await this.store.update(ctx, User, userId, (user) => user.changePassword('changed'));
        this.passwords.put(tx, sealed);
        return this.sessions.keep(tx, ctx, { userId, sessionId });
      }),
    );
  }
}
