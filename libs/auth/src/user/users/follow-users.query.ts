import { Database } from '@acci/database';
import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { User } from '../user.aggregate.js';
import type { FollowUsersQuery, UserResponse } from '../user.schemas.js';
import { userColumns } from './user-columns.js';
import { usersThatFit } from './user-filter.js';

/**
 * The users of a filtered list as they change: each as it is then, or that it is not in the list any more. It needs
 * `LiveFeedModule`, as `AuthHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list, tenant or filter.
 * @example
 * const source = await queryBus.execute(new FollowUsers(ctx, { status: 'active' }));
 */
export class FollowUsers extends Query<StreamSource<UserResponse>> {
  constructor(
    readonly ctx: Context,
    readonly query: FollowUsersQuery,
  ) {
    super();
  }
}

/** Handles {@link FollowUsers}. The list is up to date with each event, since its projection is inline. */
@QueryHandler(FollowUsers)
export class FollowUsersHandler implements IQueryHandler<FollowUsers> {
  constructor(
    private readonly live: LiveFeed,
    private readonly database: Database,
  ) {}

  async execute({ ctx, query: { cursor, ...filter } }: FollowUsers): Promise<StreamSource<UserResponse>> {
    return this.live.list(ctx, cursor, {
      name: 'auth.users',
      streamType: User.streamType,
      filter,
      find: (ids) => {
        const where = usersThatFit(ctx.tenantId, filter).and('id = any (?::uuid[])', ids);
        const statement = `select ${userColumns} from acci.users where ${where.sql}`;
        return this.database.queryInTenant<UserResponse>(ctx.tenantId, statement, where.values);
      },
    });
  }
}
