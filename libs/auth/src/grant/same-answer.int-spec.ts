import type { TestDatabase } from '@acci/database/testing';
import { createAuthDatabase } from '../spec-support/auth-app.js';
import { Abilities } from './abilities.js';
import type { ConditionValue } from './condition.js';
import type { Granted } from './grants.js';

const texts = [
  'Sales',
  'sales',
  ' Sales',
  'Sales ',
  'S\u00e4les',
  'Sa\u0308les',
  '{Sales,HR}',
  '["Sales"]',
  'null',
  'NULL',
  '%',
  '_ales',
  '\\',
  '?',
  '$1',
  "Sales' or '1' = '1",
  '--',
  '__proto__',
  '$ne',
  '1',
  'true',
];
const columns = { department: 'o.department', rank: 'o.rank', open: 'o.open' };

let db: TestDatabase;
const abilities = new Abilities();

beforeAll(async () => {
  db = await createAuthDatabase();
  await db.admin('create table objects (id int, department text, rank int, open boolean)');
  const departments = [null, '', ...texts];
  for (const [id, department] of departments.entries())
    await db.admin('insert into objects values ($1, $2, $3, $4)', [
      id,
      department,
      id % 3 === 0 ? null : id % 3,
      id % 4 === 0 ? null : id % 2 === 0,
    ]);
});
afterAll(() => db.close());

const granted = (...conditions: Record<string, readonly ConditionValue[]>[]): Granted => ({
  permissions: new Set(),
  conditional: conditions.map((condition) => ({ permissions: new Set(['shop.read']), condition })),
});

/** What a list shows, and what would be shown one by one. */
async function seen(identity: Granted): Promise<{ list: number[]; each: number[] }> {
  const filter = abilities.filterFor(identity, 'shop.read', columns);
  const all = await db.admin<{ id: number }>('select * from objects order by id');
  const list = await db.admin<{ id: number }>(
    `select id from objects o where ${filter.sql(1)} order by id`,
    filter.values,
  );
  return {
    list: list.map(({ id }) => id),
    each: all.filter((object) => abilities.can(identity, 'shop.read', object)).map(({ id }) => id),
  };
}

it.each([...texts, 1, 2, true, false].map((value) => [value]))(
  'A condition on %j leaves the same of a list as one by one, whatever stands there',
  async (value) => {
    for (const attribute of Object.keys(columns)) {
      const { list, each } = await seen(granted({ [attribute]: [value] }));
      expect([attribute, list]).toEqual([attribute, each]);
      if (attribute === 'department' && typeof value === 'string') expect(list).toHaveLength(1);
    }
  },
);

it('Conditions together, and several roles, leave the same as well', async () => {
  for (const identity of [
    granted({ department: texts, rank: [1, 2] }),
    granted({ department: ['Sales', 'sales'] }, { open: [true], rank: [2] }),
    granted({ open: [false] }, { department: ['%'] }, { rank: [1] }),
  ]) {
    const { list, each } = await seen(identity);
    expect(list).toEqual(each);
    expect(list.length).toBeGreaterThan(0);
  }
});

it('What no condition names, and what has no column, is in no list', async () => {
  for (const identity of [granted(), granted({ 'department) or (true': ['x'] }), granted({ owner: ['x'] })])
    expect((await seen(identity)).list).toEqual([]);
});
