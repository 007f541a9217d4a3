import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CredentialsInvalid } from '../../auth.errors.js';
import { type PasswordProof, Passwords } from '../../password/passwords.js';
import type { Client } from '../../session/client-of.js';
import { SessionTerms } from '../../session/session-lifetimes.js';
import { Sessions, type StartedSession } from '../../session/sessions.js';
import { LoginFailed } from '../login.errors.js';

/**
 * Begins a session of a user who has just shown who they are. What they showed it with, a password or a single sign-on,
 * makes no difference from here on.
 *
 * @throws {LoginFailed} for a user who may not log in (any more).
 * @throws {TenantRefused} in a tenant that is not served.
 * @example
 * const { token } = await commandBus.execute(new LogIn(ctx, { userId, amr: ['pwd'], client: clientOf(request) }));
 */
export class LogIn extends Command<StartedSession> {
  constructor(
    readonly ctx: Context,
    readonly input: {
      readonly userId: string;
      /** How they showed it, in the words of RFC 8176. */
      readonly amr: readonly string[];
      /** Their password, if that was how: it must be theirs still. */
      readonly password?: PasswordProof | undefined;
      readonly client: Client;
    },
  ) {
    super();
  }
}

/** Handles {@link LogIn}. */
@CommandHandler(LogIn)
export class LogInHandler implements ICommandHandler<LogIn> {
  constructor(
    private readonly database: Database,
    private readonly terms: SessionTerms,
    private readonly sessions: Sessions,
    private readonly passwords: Passwords,
  ) {}

  async execute({ ctx, input: { userId, amr, password, client } }: LogIn): Promise<StartedSession> {
    const lifetimes = await this.terms.of(ctx.tenantId);
    try {
      return await this.database.inTenant(ctx.tenantId, async (tx) => {
        const started = await this.sessions.start(tx, ctx, { userId, amr, ...client, lifetimes });
        // From here on whoever sets another password waits, and then finds this session.
        if (password && !(await this.passwords.isStill(tx, ctx.tenantId, password))) throw new LoginFailed();
        return started;
      });
    } catch (error) {
      throw error instanceof CredentialsInvalid ? new LoginFailed() : error;
    }
  }
}
