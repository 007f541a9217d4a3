import { Database, prepared } from '@acci/database';
import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Group } from '../group.aggregate.js';
import type { GroupResponse } from '../group.schemas.js';
import { groupColumns } from './group-row.js';

const select = prepared(
  `select ${groupColumns} from acci.groups g where g.tenant_id = $1::uuid and g.id = any ($2::uuid[])`,
);

/**
 * The groups of the context's tenant as they change. It needs `LiveFeedModule`, as `AuthHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or tenant.
 * @example
 * const source = await queryBus.execute(new FollowGroups(ctx, lastEventId));
 */
export class FollowGroups extends Query<StreamSource<GroupResponse>> {
  constructor(
    readonly ctx: Context,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Handles {@link FollowGroups}. */
@QueryHandler(FollowGroups)
export class FollowGroupsHandler implements IQueryHandler<FollowGroups> {
  constructor(
    private readonly live: LiveFeed,
    private readonly database: Database,
  ) {}

  async execute({ ctx, cursor }: FollowGroups): Promise<StreamSource<GroupResponse>> {
    const { tenantId } = ctx;
    return this.live.list(ctx, cursor, {
      name: 'auth.groups',
      streamType: Group.streamType,
      find: (ids) => this.database.readInTenant<GroupResponse>(tenantId, select, [tenantId, ids]),
    });
  }
}
