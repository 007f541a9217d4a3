import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ListUsers, ListUsersQuery } from '../../index.js';
import { everyRow } from '../../grant/sql-filter.js';
import { createAuthDatabase, startContext } from '../../spec-support/auth-app.js';
import { mostLookedAt, rarestOf } from './common-words.js';
import { searchedWords } from './user-words.js';
import { usersStatement } from './users-page.js';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

const tenantId = uuidv7();
const count = 4 * mostLookedAt;

let db: TestDatabase;
let app: INestApplicationContext;

/** One half are called Anna, the other one Berta; both is only who comes last, and Zoe is who comes in the middle. */
beforeAll(async () => {
  db = await createAuthDatabase();
  app = await startContext(db);
  const users = `select '${tenantId}'::uuid as tenant_id, overlay(overlay(md5(n::text) placing '7' from 13) placing '8' from 17)::uuid as id, n,
                        'user' || to_char(n, 'FM000000') as name from generate_series(1, ${count}) as n`;
  await db.admin(`
    insert into acci.users (tenant_id, id, email, display_name, status, version, created_at, updated_at)
    select tenant_id, id, name || '@example.com', name, 'active', 1, date_trunc('milliseconds', now()), now() from (${users}) as users`);
  await db.admin(`
    insert into acci.user_words (tenant_id, user_id, place, word)
    select tenant_id, id, place, word
      from (${users}) as users,
           unnest(array[name, case when n % 2 = 0 or n = ${count} - 1 then 'anna' end,
                        case when n % 2 = 1 then 'berta' end, case when n = ${count / 2} then 'zoe' end])
             with ordinality as given (word, place)
     where word is not null`);
  await db.admin('analyze acci.users, acci.user_words');
});
afterAll(async () => {
  await app.close();
  await db.close();
});

const nodesOf = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** How many rows a page makes PostgreSQL look at, and how. */
async function workOf(query: Record<string, unknown>) {
  const filter = ListUsersQuery.parse(query);
  const rarest = await rarestOf(db.database, tenantId, searchedWords(filter.search ?? ''));
  const { text, values } = usersStatement({ tenantId, filter, visible: everyRow, rarest });
  const explain = `explain (analyze, format json) ${text}`;
  const [row] = await db.database.queryInTenant<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    tenantId,
    explain,
    values,
  );
  const scans = nodesOf((row as { 'QUERY PLAN': [{ Plan: PlanNode }] })['QUERY PLAN'][0].Plan).filter(
    (node) => node['Relation Name'] !== undefined,
  );
  const rows = scans.map(
    (node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
  );
  return { kinds: new Set(scans.map((node) => node['Node Type'])), rows: Math.max(...rows) };
}

it.each([
  ['anna berta', 'common words that few have together'],
  ['anna zzz', 'a word that nobody has'],
  ['anna zoe', 'a word that few have'],
  ['user anna', 'common words that many have together'],
  ['u a b n', 'how words begin'],
])('A search for %j, %s, looks at a few thousand users at most', async (search) => {
  for (const sort of ['displayName', '-email', 'createdAt'] as const) {
    const { kinds, rows } = await workOf({ search, sort });
    expect(kinds).not.toContain('Seq Scan');
    // A handful of words of each.
    expect(rows).toBeLessThanOrEqual(4 * mostLookedAt);
    if (search.startsWith('user')) expect(rows).toBeLessThan(mostLookedAt);
  }
});

it.each(['displayName', '-displayName', 'email', '-createdAt'])(
  'Who is searched for by common words is found, page by page, in the order %s',
  async (sort) => {
    const names: string[] = [];
    let pages = 0;
    let cursor: string | null | undefined;
    do {
      const query = ListUsersQuery.parse({ search: 'anna berta', sort, limit: 1, ...(cursor && { cursor }) });
      const list = new ListUsers(testContext({ tenantId }), query);
      const { items, next } = await app.get(QueryBus, { strict: false }).execute(list);
      names.push(...items.map(({ displayName }) => displayName));
      cursor = next;
      pages += 1;
    } while (cursor);
    expect(names).toEqual([`user${String(count - 1).padStart(6, '0')}`]);
    expect(pages).toBeLessThanOrEqual(count / mostLookedAt + 2);
  },
);

it('Nobody is left out and nobody comes twice where many are found', async () => {
  const ids: string[] = [];
  let cursor: string | null | undefined;
  do {
    const query = ListUsersQuery.parse({ search: 'user berta', limit: 200, ...(cursor && { cursor }) });
    const list = new ListUsers(testContext({ tenantId }), query);
    const { items, next } = await app.get(QueryBus, { strict: false }).execute(list);
    ids.push(...items.map(({ id }) => id));
    cursor = next;
  } while (cursor);
  expect(ids).toHaveLength(count / 2);
  expect(new Set(ids).size).toBe(count / 2);
});
