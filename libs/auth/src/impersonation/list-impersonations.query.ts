import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, type Page } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { SessionClock } from '../session/session-clock.js';
import type { ListSessionsQuery } from '../session/session.schemas.js';
import { type SessionRow, SessionTable } from '../session/session-table.js';
import type { ImpersonationResponse } from './impersonation.schemas.js';

/**
 * The platform's operators who act in the context's tenant now, newest first.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list.
 * @example
 * const { items } = await queryBus.execute(new ListImpersonations(ctx, { limit: 50 }));
 */
export class ListImpersonations extends Query<Page<ImpersonationResponse>> {
  constructor(
    readonly ctx: Context,
    readonly query: ListSessionsQuery,
  ) {
    super();
  }
}

/** Handles {@link ListImpersonations}. */
@QueryHandler(ListImpersonations)
export class ListImpersonationsHandler implements IQueryHandler<ListImpersonations> {
  constructor(
    private readonly table: SessionTable,
    private readonly clock: SessionClock,
  ) {}

  async execute({ ctx, query: { limit, cursor } }: ListImpersonations): Promise<Page<ImpersonationResponse>> {
    const before = decodeCursor(cursor, z.uuid()) ?? null;
    const range = { now: this.clock.now(), before, limit: limit + 1 };
    const rows = await this.table.listImpersonations(ctx.tenantId, range);
    return cutPage(rows.map(impersonationAnswer), limit, ({ id }) => encodeCursor(id));
  }
}

/** What leaves of an operator's session in a list. */
export function impersonationAnswer(row: SessionRow): ImpersonationResponse {
  const { id, userId, impersonator, createdAt, lastSeenAt, expiresAt } = row;
  return {
    id,
    operator: impersonator?.actor ?? '',
    userId,
    reason: impersonator?.reason ?? '',
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
