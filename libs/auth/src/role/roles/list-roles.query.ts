import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, keyset, type Page, type SortColumn } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { BuiltInRoles } from '../built-in-roles.js';
import type { ListRolesQuery, RoleResponse } from '../role.schemas.js';
import { builtInResponses, roleColumns } from './role-row.js';

/**
 * A page of the roles of the context's tenant, built-in ones among them.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or order.
 * @example
 * const { items, next } = await queryBus.execute(new ListRoles(ctx, { limit: 50, sort: 'name' }));
 */
export class ListRoles extends Query<Page<RoleResponse>> {
  constructor(
    readonly ctx: Context,
    readonly filter: ListRolesQuery,
  ) {
    super();
  }
}

/** Handles {@link ListRoles}: what is built in comes as a parameter, so that one statement sorts all. */
@QueryHandler(ListRoles)
export class ListRolesHandler implements IQueryHandler<ListRoles> {
  constructor(
    private readonly database: Database,
    private readonly builtIn: BuiltInRoles,
  ) {}

  async execute({ ctx: { tenantId }, filter }: ListRoles): Promise<Page<RoleResponse>> {
    const { limit, sort, builtIn } = filter;
    const direction = sort === 'name' ? 'asc' : 'desc';
    const schema = z.tuple([z.literal(sort), z.string(), z.string()]);
    const after = decodeCursor(filter.cursor, schema)?.slice(1);
    const order: SortColumn[] = [
      { column: 'key', direction, type: 'text' },
      { column: 'id', direction, type: 'text' },
    ];
    const paging = keyset(order, after, 4);
    const rows = await this.database.queryInTenant<RoleResponse & { key: string }>(
      tenantId,
      `select *
         from (select ${roleColumns}, name_key as key from acci.roles where tenant_id = $1::uuid
               union all
               select id, name, description, true, array(select json_array_elements_text(permissions)), null, 0,
                      null, null, lower(name)
                 from json_to_recordset($2::json) as b (id text, name text, description text, permissions json)) roles
        where ($3::boolean is null or "builtIn" = $3) ${paging.where ? `and ${paging.where}` : ''}
        order by ${paging.orderBy}
        limit ${limit + 1}`,
      [tenantId, JSON.stringify(builtInResponses(this.builtIn, tenantId)), builtIn ?? null, ...paging.values],
    );
    const { items, next } = cutPage(rows, limit, (row) => encodeCursor([sort, row.key, row.id]));
    return { items: items.map(({ key: _key, ...role }) => role), next };
  }
}
