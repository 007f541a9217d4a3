import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, keyset, type Page, type SortColumn } from '@acci/rest';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import type { ListTenantsQuery, TenantResponse } from '../tenant.schemas.js';
import { isoTime, tenantColumns } from './tenant-columns.js';
import { tenantsThatFit } from './tenant-filter.js';

/** How each sort order is made of columns, and what its value looks like in a cursor. */
const sorts = {
  name: { column: 'name_key', select: 'name_key', value: z.string(), type: 'text' },
  slug: { column: 'slug', select: 'slug', value: z.string(), type: 'text' },
  createdAt: {
    column: 'created_at',
    select: isoTime('created_at'),
    value: z.iso.datetime(),
    type: 'timestamptz',
  },
} as const;

/**
 * Asks for a page of tenants, filtered and sorted.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or order.
 * @example
 * const { items, next } = await queryBus.execute(new ListTenants(ctx, { limit: 50, sort: '-createdAt' }));
 */
export class ListTenants extends Query<Page<TenantResponse>> {
  constructor(
    readonly ctx: Context,
    readonly filter: ListTenantsQuery,
  ) {
    super();
  }
}

/** Answers {@link ListTenants} in one round trip, from the index of the order that was asked for. */
@QueryHandler(ListTenants)
export class ListTenantsHandler implements IQueryHandler<ListTenants> {
  constructor(private readonly database: Database) {}

  async execute({ ctx, filter }: ListTenants): Promise<Page<TenantResponse>> {
    const direction = filter.sort.startsWith('-') ? 'desc' : 'asc';
    const sort = sorts[filter.sort.replace('-', '') as keyof typeof sorts];
    const cursorSchema = z.tuple([z.literal(filter.sort), sort.value, z.uuid()]);
    const after = decodeCursor(filter.cursor, cursorSchema)?.slice(1);

    const where = tenantsThatFit(ctx.tenantId, filter);
    const order: SortColumn[] = [
      { column: sort.column, direction, type: sort.type },
      { column: 'id', direction, type: 'uuid' },
    ];
    const paging = keyset(order, after, where.values.length + 1);
    const values = [...where.values, ...paging.values, filter.limit + 1];
    const rows = await this.database.queryInTenant<TenantResponse & { sortValue: string }>(
      ctx.tenantId,
      `select ${tenantColumns}, ${sort.select} as "sortValue"
         from acci.tenant_directory
        where ${[where.sql, paging.where].filter(Boolean).join(' and ')}
        order by ${paging.orderBy}
        limit $${values.length}::int`,
      values,
    );
    const { items, next } = cutPage(rows, filter.limit, (row) =>
      encodeCursor([filter.sort, row.sortValue, row.id]),
    );
    return { items: items.map(({ sortValue: _sortValue, ...tenant }) => tenant), next };
  }
}
