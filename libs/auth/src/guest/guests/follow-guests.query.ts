import { Database, prepared } from '@acci/database';
import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Guest } from '../guest.aggregate.js';
import type { GuestEvent } from '../guest.events.js';
import type { GuestResponse } from '../guest.schemas.js';
import { guestsWhere } from './guest-rows.js';

const select = prepared(guestsWhere('principal_id = any ($2::uuid[])'));

/**
 * The users of tenants above as they get and lose roles in the context's tenant. It needs `LiveFeedModule`, as
 * `AuthHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or tenant.
 * @example
 * const source = await queryBus.execute(new FollowGuests(ctx, lastEventId));
 */
export class FollowGuests extends Query<StreamSource<GuestResponse>> {
  constructor(
    readonly ctx: Context,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Handles {@link FollowGuests}. */
@QueryHandler(FollowGuests)
export class FollowGuestsHandler implements IQueryHandler<FollowGuests> {
  constructor(
    private readonly live: LiveFeed,
    private readonly database: Database,
  ) {}

  execute({ ctx, cursor }: FollowGuests): Promise<StreamSource<GuestResponse>> {
    const { tenantId } = ctx;
    return this.live.list<GuestResponse>(ctx, cursor, {
      name: 'auth.guests',
      streamType: Guest.streamType,
      idOf: ({ data }) => (data as GuestEvent['data']).userId,
      keyOf: ({ userId }) => userId,
      find: (ids) => this.database.readInTenant<GuestResponse>(tenantId, select, [tenantId, ids]),
    });
  }
}
