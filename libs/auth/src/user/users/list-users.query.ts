import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, keyset, type Page, type SortColumn } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { everyRow, type SqlFilter } from '../../grant/sql-filter.js';
import type { ListUsersQuery, UserResponse } from '../user.schemas.js';
import { isoTime, userColumns } from './user-columns.js';
import { usersThatFit } from './user-filter.js';

/** How each sort order is made of columns, and what its value looks like in a cursor. */
const sorts = {
  displayName: { column: 'name_key', select: 'name_key', value: z.string(), type: 'text' },
  email: { column: 'email', select: 'email', value: z.string(), type: 'text' },
  createdAt: {
    column: 'created_at',
    select: isoTime('created_at'),
    value: z.iso.datetime(),
    type: 'timestamptz',
  },
} as const;

/**
 * A page of the users of the context's tenant, filtered and sorted.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or order.
 * @example
 * const { items, next } = await queryBus.execute(new ListUsers(ctx, { limit: 50, sort: 'email', search: 'ada' }));
 */
export class ListUsers extends Query<Page<UserResponse>> {
  constructor(
    readonly ctx: Context,
    readonly filter: ListUsersQuery,
    /** The rows that whoever asks may see, of {@link visibleUserColumns}; all, if left out. */
    readonly visible: SqlFilter = everyRow,
  ) {
    super();
  }
}

/** Handles {@link ListUsers} in one round trip, from the index of the order that was asked for. */
@QueryHandler(ListUsers)
export class ListUsersHandler implements IQueryHandler<ListUsers> {
  constructor(private readonly database: Database) {}

  async execute({ ctx, filter, visible }: ListUsers): Promise<Page<UserResponse>> {
    const direction = filter.sort.startsWith('-') ? 'desc' : 'asc';
    const sort = sorts[filter.sort.replace('-', '') as keyof typeof sorts];
    const cursorSchema = z.tuple([z.literal(filter.sort), sort.value, z.uuid()]);
    const after = decodeCursor(filter.cursor, cursorSchema)?.slice(1);

    const where = usersThatFit(ctx.tenantId, filter).and(visible.text, ...visible.values);
    const order: SortColumn[] = [
      { column: sort.column, direction, type: sort.type },
      { column: 'id', direction, type: 'uuid' },
    ];
    const paging = keyset(order, after, where.values.length + 1);
    const values = [...where.values, ...paging.values, filter.limit + 1];
    const rows = await this.database.queryInTenant<UserResponse & { sortValue: string }>(
      ctx.tenantId,
      `select ${userColumns}, ${sort.select} as "sortValue"
         from acci.users
        where ${[where.sql, paging.where].filter(Boolean).join(' and ')}
        order by ${paging.orderBy}
        limit $${values.length}::int`,
      values,
    );
    const { items, next } = cutPage(rows, filter.limit, (row) =>
      encodeCursor([filter.sort, row.sortValue, row.id]),
    );
    return { items: items.map(({ sortValue: _sortValue, ...user }) => user), next };
  }
}
