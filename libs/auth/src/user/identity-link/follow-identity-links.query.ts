import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { UserIdentityLinked, UserIdentityUnlinked } from '../user.events.js';
import type { IdentityLinkResponse } from './identity-link.schemas.js';
import { ListIdentityLinks } from './list-identity-links.query.js';

/**
 * Who a user of the context's tenant is in other tenants, as that is linked and taken back, from either side: for the
 * person themselves, and nobody else. It needs `LiveFeedModule`, as `AuthHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another user or list.
 * @example
 * const source = await queryBus.execute(new FollowIdentityLinks(ctx, userId, lastEventId));
 */
export class FollowIdentityLinks extends Query<StreamSource<IdentityLinkResponse>> {
  constructor(
    readonly ctx: Context,
    readonly userId: string,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Handles {@link FollowIdentityLinks}. */
@QueryHandler(FollowIdentityLinks)
export class FollowIdentityLinksHandler implements IQueryHandler<FollowIdentityLinks> {
  constructor(
    private readonly live: LiveFeed,
    private readonly queryBus: QueryBus,
  ) {}

  execute({ ctx, userId, cursor }: FollowIdentityLinks): Promise<StreamSource<IdentityLinkResponse>> {
    return this.live.list<IdentityLinkResponse>(ctx, cursor, {
      name: 'auth.identity-links',
      eventTypes: [UserIdentityLinked.type, UserIdentityUnlinked.type],
      filter: { userId },
      idOf: ({ streamId, data }) =>
        streamId === userId ? (data as UserIdentityLinked['data']).linkId : undefined,
      find: async (ids) => {
        const links = await this.queryBus.execute(new ListIdentityLinks(ctx, userId));
        return links.filter(({ id }) => ids.includes(id));
      },
    });
  }
}
