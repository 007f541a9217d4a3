import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { SessionClock } from '../session/session-clock.js';
import { ImpersonationEnded, ImpersonationStarted } from '../session/session.events.js';
import { SessionTable } from '../session/session-table.js';
import type { ImpersonationResponse } from './impersonation.schemas.js';
import { impersonationAnswer } from './list-impersonations.query.js';

/**
 * The platform's operators as they come into the context's tenant and are out again. That one has gone at their time is
 * no event, and is not told. It needs `LiveFeedModule`, as `AuthHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or tenant.
 * @example
 * const source = await queryBus.execute(new FollowImpersonations(ctx, lastEventId));
 */
export class FollowImpersonations extends Query<StreamSource<ImpersonationResponse>> {
  constructor(
    readonly ctx: Context,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Handles {@link FollowImpersonations}. */
@QueryHandler(FollowImpersonations)
export class FollowImpersonationsHandler implements IQueryHandler<FollowImpersonations> {
  constructor(
    private readonly live: LiveFeed,
    private readonly table: SessionTable,
    private readonly clock: SessionClock,
  ) {}

  execute({ ctx, cursor }: FollowImpersonations): Promise<StreamSource<ImpersonationResponse>> {
    return this.live.list<ImpersonationResponse>(ctx, cursor, {
      name: 'auth.impersonations',
      eventTypes: [ImpersonationStarted.type, ImpersonationEnded.type],
      find: async (ids) => {
        const rows = await this.table.findListed(ctx.tenantId, ids, 'operator', this.clock.now());
        return rows.map(impersonationAnswer);
      },
    });
  }
}
