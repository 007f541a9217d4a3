import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, type Page } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { listedSession } from './session-answer.js';
import { SessionClock } from './session-clock.js';
import type { ListSessionsQuery, SessionResponse } from './session.schemas.js';
import { SessionTable } from './session-table.js';

/**
 * The sessions of a user of the context's tenant that go on, newest first.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list.
 * @example
 * const { items } = await queryBus.execute(new ListSessions(ctx, { userId, limit: 50 }));
 */
export class ListSessions extends Query<Page<SessionResponse>> {
  constructor(
    readonly ctx: Context,
    readonly query: ListSessionsQuery & {
      readonly userId: string;
      /** The one that `current` is true for. */
      readonly currentId?: string | undefined;
    },
  ) {
    super();
  }
}

/** Handles {@link ListSessions}. */
@QueryHandler(ListSessions)
export class ListSessionsHandler implements IQueryHandler<ListSessions> {
  constructor(
    private readonly table: SessionTable,
    private readonly clock: SessionClock,
  ) {}

  async execute({ ctx, query }: ListSessions): Promise<Page<SessionResponse>> {
    const { userId, currentId, limit, cursor } = query;
    const before = decodeCursor(cursor, z.uuid()) ?? null;
    const range = { now: this.clock.now(), before, limit: limit + 1 };
    const rows = await this.table.listOfUser(ctx.tenantId, userId, range);
    const items = rows.map((row) => listedSession(row, currentId));
    return cutPage(items, limit, ({ id }) => encodeCursor(id));
  }
}
