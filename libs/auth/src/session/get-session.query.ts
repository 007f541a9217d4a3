import type { Context } from '@acci/event-store';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { SessionClock } from './session-clock.js';
import { SessionNotFound } from './session.errors.js';
import { type SessionRow, SessionTable } from './session-table.js';

/**
 * A session of the context's tenant that goes on.
 *
 * @throws {SessionNotFound}
 * @example
 * const { expiresAt } = await queryBus.execute(new GetSession(ctx, id));
 */
export class GetSession extends Query<SessionRow> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Handles {@link GetSession}. */
@QueryHandler(GetSession)
export class GetSessionHandler implements IQueryHandler<GetSession> {
  constructor(
    private readonly table: SessionTable,
    private readonly clock: SessionClock,
  ) {}

  async execute({ ctx, id }: GetSession): Promise<SessionRow> {
    const session = await this.table.find(ctx.tenantId, id, this.clock.now());
    if (!session) throw new SessionNotFound(id);
    return session;
  }
}
