import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import type { Page } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { everyRow, type SqlFilter } from '../../grant/sql-filter.js';
import type { ListUsersQuery, UserResponse } from '../user.schemas.js';
import { rarestOf } from './common-words.js';
import { searchedWords } from './user-words.js';
import { type FoundUser, usersPage, usersStatement } from './users-page.js';

/**
 * A page of the users of the context's tenant, filtered and sorted. A search for words that thousands of users have may
 * answer with fewer than it could, and with a cursor to go on.
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

/** Handles {@link ListUsers} in one round trip; a search, in two. */
@QueryHandler(ListUsers)
export class ListUsersHandler implements IQueryHandler<ListUsers> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, filter, visible }: ListUsers): Promise<Page<UserResponse>> {
    const rarest = await rarestOf(this.database, tenantId, searchedWords(filter.search ?? ''));
    const { text, values } = usersStatement({ tenantId, filter, visible, rarest });
    return usersPage(await this.database.queryInTenant<FoundUser>(tenantId, text, values), filter);
  }
}
