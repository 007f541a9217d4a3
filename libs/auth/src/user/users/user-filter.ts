import type { ListUsersQuery } from '../user.schemas.js';
import { endOfPrefix, searchedWords } from './user-words.js';

/** What a list of users is filtered by. */
export type UserFilter = Pick<ListUsersQuery, 'status' | 'locked' | 'department' | 'search'>;

// The offset keeps PostgreSQL from making a join of it, for which it would read all users who have a word.
const hasWord = `exists (
  select from acci.user_words w
   where w.tenant_id = ?::uuid and w.user_id = users.id and w.word >= ? and w.word < ? offset 0)`;
// A list of ids, so that it is where PostgreSQL begins.
const isAmong = `id = any (array(
  select w.user_id from acci.user_words w where w.tenant_id = ?::uuid and w.word >= ? and w.word < ?))`;

/** What conditions of roles may test of a user, and the columns of `acci.users` that have it. */
export const visibleUserColumns = { id: 'id', department: 'department', status: 'status' };

/**
 * The condition of the rows that fit a filter.
 *
 * @param rarest the searched word to begin with; without one, every row is asked for every word.
 */
export function usersThatFit(tenantId: string, filter: UserFilter, rarest?: string): Conditions {
  const where = new Conditions().and('tenant_id = ?::uuid', tenantId);
  if (filter.status) where.and('status = ?', filter.status);
  if (filter.locked !== undefined) where.and(`locked_at is ${filter.locked ? 'not null' : 'null'}`);
  if (filter.department) where.and('department = ?', filter.department);
  for (const word of searchedWords(filter.search ?? ''))
    where.and(word === rarest ? isAmong : hasWord, tenantId, word, endOfPrefix(word));
  return where;
}

/** Conditions that hold together, with their values bound in order. */
export class Conditions {
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
