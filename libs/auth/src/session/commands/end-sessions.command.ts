import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { SessionEndReason } from '../session.events.js';
import type { SessionRef } from '../session-table.js';
import { Sessions } from '../sessions.js';

/**
 * Ends one session of the context's tenant: at once in this process, within a second in the others.
 *
 * @returns false if it had ended already, or is not of whom it must be.
 * @example
 * const command = new EndSession(ctx, { id, whose: { userId }, reason: 'ended_by_user' });
 * if (!(await commandBus.execute(command))) throw new SessionNotFound(id);
 */
export class EndSession extends Command<boolean> {
  constructor(
    readonly ctx: Context,
    readonly input: SessionRef & { readonly reason: SessionEndReason },
  ) {
    super();
  }
}

/** Handles {@link EndSession}. */
@CommandHandler(EndSession)
export class EndSessionHandler implements ICommandHandler<EndSession> {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
  ) {}

  execute({ ctx, input: { reason, ...session } }: EndSession): Promise<boolean> {
    return this.database.inTenant(ctx.tenantId, (tx) => this.sessions.end(tx, ctx, session, reason));
  }
}

/**
 * Ends every session of a user of the context's tenant, but for one if it is named.
 *
 * @returns how many.
 * @example
 * await commandBus.execute(new EndSessions(ctx, { userId, reason: 'ended_by_admin' }));
 */
export class EndSessions extends Command<number> {
  constructor(
    readonly ctx: Context,
    readonly input: {
      readonly userId: string;
      readonly reason: SessionEndReason;
      readonly exceptId?: string;
    },
  ) {
    super();
  }
}

/** Handles {@link EndSessions}. */
@CommandHandler(EndSessions)
export class EndSessionsHandler implements ICommandHandler<EndSessions> {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
  ) {}

  execute({ ctx, input: { userId, ...how } }: EndSessions): Promise<number> {
    return this.database.inTenant(ctx.tenantId, (tx) => this.sessions.endAll(tx, ctx, userId, how));
  }
}
