import type { ListUsersQuery } from '../user.schemas.js';
import { endOfPrefix, searchedWords } from './user-words.js';

/** What a list of users is filtered by. */
export type UserFilter = Pick<ListUsersQuery, 'status' | 'locked' | 'department' | 'search'>;

const withWord = 'select user_id from acci.user_words where tenant_id = ?::uuid and word >= ? and word < ?';

/** What conditions of roles may test of a user, and the columns of `acci.users` that have it. */
export const visibleUserColumns = { id: 'id', department: 'department', status: 'status' };

/** The condition of the rows that fit a filter. */
export function usersThatFit(tenantId: string, filter: UserFilter): Conditions {
  const where = new Conditions().and('tenant_id = ?::uuid', tenantId);
  if (filter.status) where.and('status = ?', filter.status);
  if (filter.locked !== undefined) where.and(`locked_at is ${filter.locked ? 'not null' : 'null'}`);
  if (filter.department) where.and('department = ?', filter.department);
  // A condition for each word: PostgreSQL begins with the rarest, or with the order of the list where all are common.
  for (const word of searchedWords(filter.search ?? ''))
    where.and(`id in (${withWord})`, tenantId, word, endOfPrefix(word));
  return where;
}

/** Conditions that hold together, with their values bound in order. */
class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  get sql(): string {
    return this.parts.join(' and ');
  }

  /** @param condition SQL with a `?` for each of the values. */
  and(condition: string, ...values: readonly unknown[]): this {
    const remaining = values.values();
    this.parts.push(condition.replaceAll('?', () => `$${this.values.push(remaining.next().value)}`));
    return this;
  }
}
