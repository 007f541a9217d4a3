import { type Database, prepared } from '@acci/database';
import { endOfPrefix } from './user-words.js';

/**
 * How many users one page of a search looks at, at most. A word that more begin with is common.
 *
 * Whoever searches for common words alone, of which few users have all, is answered in pages that have fewer users than
 * they could, or none, and a cursor to go on with: no search takes long, and none leaves anybody out.
 */
export const mostLookedAt = 5_000;

const countWords = prepared(`
  select given.word, (select count(*)::int
                        from (select from acci.user_words w
                               where w.tenant_id = $1::uuid and w.word >= given.word and w.word < given.after
                               limit ${mostLookedAt + 1}) as counted) as users
    from unnest($2::text[], $3::text[]) as given (word, after)
   order by users
   limit 1`);

/** The word that the fewest users have one like; undefined if all are common, or there are none. */
export async function rarestOf(
  database: Database,
  tenantId: string,
  words: readonly string[],
): Promise<string | undefined> {
  if (words.length === 0) return undefined;
  const values = [tenantId, words, words.map(endOfPrefix)];
  const [rarest] = await database.readInTenant<{ word: string; users: number }>(tenantId, countWords, values);
  return rarest && rarest.users <= mostLookedAt ? rarest.word : undefined;
}
