import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, keyset, type Page, type SortColumn } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { isoTime } from '../../user/users/user-columns.js';
import type { ListServiceAccountsQuery, ServiceAccountResponse } from '../service-account.schemas.js';
import { serviceAccountColumns } from './service-account-columns.js';
import { serviceAccountsThatFit, valuesOfFilter } from './service-account-filter.js';

/** How each sort order is made of columns, and what its value looks like in a cursor. */
const sorts = {
  name: { column: 'name_key', select: 'name_key', value: z.string(), type: 'text' },
  createdAt: {
    column: 'created_at',
    select: isoTime('created_at'),
    value: z.iso.datetime(),
    type: 'timestamptz',
  },
} as const;

/**
 * A page of the service accounts of the context's tenant, filtered and sorted.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or order.
 * @example
 * const { items, next } = await queryBus.execute(new ListServiceAccounts(ctx, { limit: 50, sort: 'name' }));
 */
export class ListServiceAccounts extends Query<Page<ServiceAccountResponse>> {
  constructor(
    readonly ctx: Context,
    readonly filter: ListServiceAccountsQuery,
  ) {
    super();
  }
}

/** Handles {@link ListServiceAccounts} in one round trip, from the index of the order that was asked for. */
@QueryHandler(ListServiceAccounts)
export class ListServiceAccountsHandler implements IQueryHandler<ListServiceAccounts> {
  constructor(private readonly database: Database) {}

  async execute({ ctx, filter }: ListServiceAccounts): Promise<Page<ServiceAccountResponse>> {
    const direction = filter.sort.startsWith('-') ? 'desc' : 'asc';
    const sort = sorts[filter.sort.replace('-', '') as keyof typeof sorts];
    const cursorSchema = z.tuple([z.literal(filter.sort), sort.value, z.uuid()]);
    const after = decodeCursor(filter.cursor, cursorSchema)?.slice(1);

    const fitting = valuesOfFilter(ctx.tenantId, filter);
    const order: SortColumn[] = [
      { column: sort.column, direction, type: sort.type },
      { column: 'id', direction, type: 'uuid' },
    ];
    const paging = keyset(order, after, fitting.length + 1);
    const values = [...fitting, ...paging.values, filter.limit + 1];
    const rows = await this.database.queryInTenant<ServiceAccountResponse & { sortValue: string }>(
      ctx.tenantId,
      `select ${serviceAccountColumns}, ${sort.select} as "sortValue"
         from acci.service_accounts
        where ${[serviceAccountsThatFit, paging.where].filter(Boolean).join(' and ')}
        order by ${paging.orderBy}
        limit $${values.length}::int`,
      values,
    );
    const { items, next } = cutPage(rows, filter.limit, (row) =>
      encodeCursor([filter.sort, row.sortValue, row.id]),
    );
    return { items: items.map(({ sortValue: _sortValue, ...account }) => account), next };
  }
}
