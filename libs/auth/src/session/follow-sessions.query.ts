import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { listedSession } from './session-answer.js';
import { SessionClock } from './session-clock.js';
import {
  ImpersonationEnded,
  ImpersonationStarted,
  SessionEnded,
  SessionRenewed,
  SessionStarted,
} from './session.events.js';
import type { SessionResponse } from './session.schemas.js';
import { SessionTable } from './session-table.js';

/**
 * The sessions of a user of the context's tenant as they begin, are renewed and are ended. That one has ended at its time
 * is no event, and is not told. It needs `LiveFeedModule`, as `AuthHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another user or list.
 * @example
 * const source = await queryBus.execute(new FollowSessions(ctx, { userId, cursor: lastEventId }));
 */
export class FollowSessions extends Query<StreamSource<SessionResponse>> {
  constructor(
    readonly ctx: Context,
    readonly query: {
      /** Null for an operator who is nobody in particular, and has no list. */
      readonly userId: string | null;
      /** The one that `current` is true for. */
      readonly currentId?: string | undefined;
      readonly cursor?: string | undefined;
    },
  ) {
    super();
  }
}

/** Handles {@link FollowSessions}. */
@QueryHandler(FollowSessions)
export class FollowSessionsHandler implements IQueryHandler<FollowSessions> {
  constructor(
    private readonly live: LiveFeed,
    private readonly table: SessionTable,
    private readonly clock: SessionClock,
  ) {}

  execute({ ctx, query }: FollowSessions): Promise<StreamSource<SessionResponse>> {
    const { userId, currentId, cursor } = query;
    const events = [SessionStarted, SessionRenewed, SessionEnded, ImpersonationStarted, ImpersonationEnded];
    return this.live.list<SessionResponse>(ctx, cursor, {
      name: 'auth.sessions',
      eventTypes: userId === null ? [] : events.map(({ type }) => type),
      // It does not say whose it is.
      onlyChanging: [SessionRenewed.type],
      filter: { userId },
      idOf: ({ type, streamId, data }) =>
        type === SessionRenewed.type || (data as SessionEnded['data']).userId === userId
          ? streamId
          : undefined,
      find: async (ids) => {
        if (userId === null) return [];
        const rows = await this.table.findListed(ctx.tenantId, ids, { userId }, this.clock.now());
        return rows.map((row) => listedSession(row, currentId));
      },
    });
  }
}
