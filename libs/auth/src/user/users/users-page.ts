import { decodeCursor, encodeCursor, keyset, type Page, type SortColumn } from '@acci/rest';
import { z } from 'zod';
import type { SqlFilter } from '../../grant/sql-filter.js';
import type { ListUsersQuery, UserResponse } from '../user.schemas.js';
import { mostLookedAt } from './common-words.js';
import { isoTime, userColumns } from './user-columns.js';
import { usersThatFit } from './user-filter.js';
import { searchedWords } from './user-words.js';

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

/** A user as the statement finds them. */
export type FoundUser = UserResponse & {
  readonly sortValue: string;
  /** Only of a search for common words: which of the users that it looked at, and whether it was looked for. */
  readonly place?: number;
  readonly fits?: boolean;
};

/** What to ask for a page of users. */
export interface PageOfUsers {
  readonly tenantId: string;
  readonly filter: ListUsersQuery;
  /** The rows that whoever asks may see. */
  readonly visible: SqlFilter;
  /** The searched word that few users have, if there is one: see `rarestOf`. */
  readonly rarest: string | undefined;
}

/**
 * The statement that finds a page of users and the one after it: from the index of the order, from the rarest word, or,
 * if all words are common, among the next {@link mostLookedAt} users of the order.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or order.
 */
export function usersStatement({ tenantId, filter, visible, rarest }: PageOfUsers): {
  readonly text: string;
  readonly values: readonly unknown[];
} {
  const direction = filter.sort.startsWith('-') ? 'desc' : 'asc';
  const sort = sorts[filter.sort.replace('-', '') as keyof typeof sorts];
  const after = decodeCursor(filter.cursor, z.tuple([z.literal(filter.sort), sort.value, z.uuid()]))?.slice(
    1,
  );
  const order: SortColumn[] = [
    { column: sort.column, direction, type: sort.type },
    { column: 'id', direction, type: 'uuid' },
  ];
  const where = usersThatFit(tenantId, filter, rarest).and(visible.text, ...visible.values);
  const paging = keyset(order, after, where.values.length + 1);
  const values = [...where.values, ...paging.values, filter.limit + 1];
  const selected = `${userColumns}, ${sort.select} as "sortValue"`;
  const limit = `order by ${paging.orderBy} limit $${values.length}::int`;
  const next = paging.where ? `and ${paging.where}` : '';
  const text = looksAround({ filter, rarest })
    ? `select ${selected}, place, place < ${mostLookedAt} or (${where.sql}) as fits
         from (select *, row_number() over (order by ${paging.orderBy})::int as place
                 from acci.users where tenant_id = $1 ${next}
                order by ${paging.orderBy} limit ${mostLookedAt}) as users
        where place = ${mostLookedAt} or (${where.sql}) ${limit}`
    : `select ${selected} from acci.users where ${where.sql} ${next} ${limit}`;
  return { text, values };
}

/** Cuts the page out of what the statement found. */
export function usersPage(rows: readonly FoundUser[], { limit, sort }: ListUsersQuery): Page<UserResponse> {
  const found = rows.filter(({ fits }) => fits !== false);
  const last = found.length > limit ? found[limit - 1] : rows.findLast(({ place }) => place === mostLookedAt);
  return {
    items: found.slice(0, limit).map(({ sortValue: _value, place: _place, fits: _fits, ...user }) => user),
    next: last ? encodeCursor([sort, last.sortValue, last.id]) : null,
  };
}

function looksAround({ filter, rarest }: Pick<PageOfUsers, 'filter' | 'rarest'>): boolean {
  return rarest === undefined && searchedWords(filter.search ?? '').length > 0;
}
