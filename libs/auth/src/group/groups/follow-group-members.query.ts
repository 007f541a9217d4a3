import { Database, prepared } from '@acci/database';
import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { User } from '../../user/user.aggregate.js';
import { UserDeleted, UserProfileChanged } from '../../user/user.events.js';
import { GroupDeleted, GroupMemberAdded, GroupMemberRemoved } from '../group.events.js';
import type { GroupMemberResponse } from '../group.schemas.js';
import { GetGroup } from './get-group.query.js';

const select = prepared(`
  select m.user_id as "userId", u.display_name as "displayName"
    from acci.group_members m
    join acci.users u on u.tenant_id = m.tenant_id and u.id = m.user_id
   where m.tenant_id = $1::uuid and m.group_id = $2::uuid and m.user_id = any ($3::uuid[])`);

/**
 * The members of a group of the context's tenant as they come and go and are renamed. Whoever is deleted leaves every
 * group, which no event of a group says: each is told. It needs `LiveFeedModule`, as `AuthHttpModule` imports it.
 *
 * @throws {GroupNotFound}
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another group or list.
 * @example
 * const source = await queryBus.execute(new FollowGroupMembers(ctx, groupId, lastEventId));
 */
export class FollowGroupMembers extends Query<StreamSource<GroupMemberResponse>> {
  constructor(
    readonly ctx: Context,
    readonly groupId: string,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Handles {@link FollowGroupMembers}. */
@QueryHandler(FollowGroupMembers)
export class FollowGroupMembersHandler implements IQueryHandler<FollowGroupMembers> {
  constructor(
    private readonly live: LiveFeed,
    private readonly queryBus: QueryBus,
    private readonly database: Database,
  ) {}

  async execute({ ctx, groupId, cursor }: FollowGroupMembers): Promise<StreamSource<GroupMemberResponse>> {
    const { tenantId } = ctx;
    const assertGroup = () => this.queryBus.execute(new GetGroup(ctx, groupId));
    await assertGroup();
    return this.live.list<GroupMemberResponse>(ctx, cursor, {
      name: 'auth.group-members',
      eventTypes: [GroupMemberAdded, GroupMemberRemoved, GroupDeleted, UserProfileChanged, UserDeleted].map(
        ({ type }) => type,
      ),
      onlyChanging: [UserProfileChanged.type],
      filter: { groupId },
      idOf: ({ streamType, streamId, data }) => {
        if (streamType === User.streamType) return streamId;
        // That the group is deleted is about nobody in it: the stream ends.
        return streamId === groupId ? ((data as { userId?: string }).userId ?? groupId) : undefined;
      },
      keyOf: ({ userId }) => userId,
      find: async (ids) => {
        await assertGroup();
        return this.database.readInTenant<GroupMemberResponse>(tenantId, select, [tenantId, groupId, ids]);
      },
    });
  }
}
