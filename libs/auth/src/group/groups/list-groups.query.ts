import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, keyset, type Page, type SortColumn } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import type { GroupResponse, ListGroupsQuery } from '../group.schemas.js';
import { groupColumns } from './group-row.js';

/**
 * A page of the groups of the context's tenant.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or order.
 * @example
 * const { items, next } = await queryBus.execute(new ListGroups(ctx, { limit: 50, sort: 'name', userId }));
 */
export class ListGroups extends Query<Page<GroupResponse>> {
  constructor(
    readonly ctx: Context,
    readonly filter: ListGroupsQuery,
  ) {
    super();
  }
}

/** Handles {@link ListGroups}. */
@QueryHandler(ListGroups)
export class ListGroupsHandler implements IQueryHandler<ListGroups> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, filter }: ListGroups): Promise<Page<GroupResponse>> {
    const { limit, sort, userId } = filter;
    const direction = sort === 'name' ? 'asc' : 'desc';
    const after = decodeCursor(filter.cursor, z.tuple([z.literal(sort), z.string(), z.uuid()]))?.slice(1);
    const order: SortColumn[] = [
      { column: 'g.name_key', direction, type: 'text' },
      { column: 'g.id', direction, type: 'uuid' },
    ];
    const paging = keyset(order, after, 3);
    const rows = await this.database.queryInTenant<GroupResponse & { key: string }>(
      tenantId,
      `select ${groupColumns}, g.name_key as key
         from acci.groups g
        where g.tenant_id = $1::uuid
          and ($2::uuid is null or exists (select from acci.group_members m
                 where m.tenant_id = $1::uuid and m.user_id = $2::uuid and m.group_id = g.id))
          ${paging.where ? `and ${paging.where}` : ''}
        order by ${paging.orderBy}
        limit ${limit + 1}`,
      [tenantId, userId ?? null, ...paging.values],
    );
    const { items, next } = cutPage(rows, limit, (row) => encodeCursor([sort, row.key, row.id]));
    return { items: items.map(({ key: _key, ...group }) => group), next };
  }
}
