import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, type Page } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { GroupNotFound } from '../group.errors.js';
import type { GroupMemberResponse, ListGroupMembersQuery } from '../group.schemas.js';

const selectGroup = prepared('select id from acci.groups where tenant_id = $1::uuid and id = $2::uuid');
// Ids are UUIDv7: their order is the order in which the users were made.
const select = prepared(`
  select m.user_id as "userId", u.display_name as "displayName"
    from acci.group_members m
    join acci.users u on u.tenant_id = m.tenant_id and u.id = m.user_id
   where m.tenant_id = $1::uuid and m.group_id = $2::uuid and ($3::uuid is null or m.user_id > $3)
   order by m.user_id
   limit $4`);

/**
 * A page of the members of a group of the context's tenant.
 *
 * @throws {GroupNotFound}
 * @example
 * const { items, next } = await queryBus.execute(new ListGroupMembers(ctx, groupId, { limit: 50 }));
 */
export class ListGroupMembers extends Query<Page<GroupMemberResponse>> {
  constructor(
    readonly ctx: Context,
    readonly groupId: string,
    readonly page: ListGroupMembersQuery,
  ) {
    super();
  }
}

/** Handles {@link ListGroupMembers}. */
@QueryHandler(ListGroupMembers)
export class ListGroupMembersHandler implements IQueryHandler<ListGroupMembers> {
  constructor(private readonly database: Database) {}

  async execute({
    ctx: { tenantId },
    groupId,
    page: { limit, cursor },
  }: ListGroupMembers): Promise<Page<GroupMemberResponse>> {
    const after = decodeCursor(cursor, z.uuid()) ?? null;
    const [[group], rows] = await Promise.all([
      this.database.readInTenant(tenantId, selectGroup, [tenantId, groupId]),
      this.database.queryInTenant<GroupMemberResponse>(tenantId, select, [
        tenantId,
        groupId,
        after,
        limit + 1,
      ]),
    ]);
    if (!group) throw new GroupNotFound(groupId);
    return cutPage(rows, limit, ({ userId }) => encodeCursor(userId));
  }
}
