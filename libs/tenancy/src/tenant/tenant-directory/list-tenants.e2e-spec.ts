import type { TestDatabase } from '@acci/database/testing';
import type { Page } from '@acci/rest';
import { readProblem } from '@acci/rest/testing';
import { PLATFORM_TENANT_ID, type TenantResponse } from '../../index.js';
import { adapters, createTestDatabase, TestServer } from '../../spec-support/test-app.js';

describe.each(adapters)('a thousand tenants on %s', (adapter) => {
  let db: TestDatabase;
  let server: TestServer;
  const count = 1_050;

  beforeAll(async () => {
    db = await createTestDatabase();
    server = await TestServer.start(adapter, db);
    const lines = Array.from({ length: count }, (_, index) =>
      JSON.stringify({
        slug: `t-${String((index * 7919) % count).padStart(5, '0')}`,
        name: ['Same', 'same', `Únique ${index}`, `unique ${index}`][index % 4],
        plan: index % 10 === 0 ? 'enterprise' : 'free',
        homeRegion: index % 2 === 0 ? 'eu' : 'us',
        ...(index > 0 && index < 6 && { parentSlug: 't-00000' }),
      }),
    );
    const response = await server.fetch('/v1/tenants:import', {
      method: 'POST',
      body: lines.join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const report = (await response.text()).trim().split('\n');
    await server.send('POST', `/v1/tenants/${JSON.parse(report[0] ?? '').id}/suspend`, { reason: 'x' });
  });
  afterAll(async () => {
    await server.close();
    await db.close();
  });

  async function walk(query: string): Promise<TenantResponse[]> {
    const all: TenantResponse[] = [];
    let target: string | undefined = `/v1/tenants?${query}`;
    while (target !== undefined) {
      const response = await server.fetch(target);
      if (!response.ok) throw new Error(await response.text());
      const { items, next } = (await response.json()) as Page<TenantResponse>;
      all.push(...items);
      target = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
      expect(target === undefined).toBe(next === null);
    }
    return all;
  }

  it.each(['name', '-name', 'slug', '-slug', 'createdAt', '-createdAt'] as const)(
    'are all there, once each and in order, page by page by %s',
    async (sort) => {
      const all = await walk(`sort=${sort}&limit=97`);
      expect(new Set(all.map(({ id }) => id)).size).toBe(count);
      const direction = sort.startsWith('-') ? 'desc' : 'asc';
      const column = { name: 'name_key', slug: 'slug', createdAt: 'created_at' }[
        sort.replace('-', '') as 'name'
      ];
      const expected = await db.admin<{ id: string }>(
        `select id from acci.tenant_directory order by ${column} ${direction}, id ${direction}`,
      );
      expect(all.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    },
  );

  it('are filtered by each of their properties, and by all of them together', async () => {
    expect(await walk('plan=enterprise&limit=200')).toHaveLength(105);
    expect(await walk('homeRegion=us&limit=200')).toHaveLength(525);
    expect(await walk('status=suspended')).toMatchObject([{ slug: 't-00000' }]);
    const [parent] = await walk('search=T-00000');
    expect(await walk(`parentId=${parent?.id}`)).toHaveLength(5);
    expect(await walk('search=ÚNIQUE%20102')).toHaveLength(3);
    expect(await walk('search=100%25')).toEqual([]);
    expect(
      await walk('status=active&plan=enterprise&homeRegion=eu&search=same&sort=-slug&limit=10'),
    ).toHaveLength(52);
  });

  it('are listed from the index of their order', async () => {
    const plan = await db.database.inTenant(PLATFORM_TENANT_ID, async (tx) => {
      tx.execute('set local enable_seqscan = off');
      return tx.query<{ 'QUERY PLAN': string }>(
        `explain select id from acci.tenant_directory
          where tenant_id = '${PLATFORM_TENANT_ID}' and (name_key, id) > ('m', '${PLATFORM_TENANT_ID}')
          order by name_key, id limit 50`,
      );
    });
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).toContain('tenant_directory_by_name');
    expect(text).toMatch(/Index Cond: .*ROW\(name_key, id\)/);
  });

  it('have cursors that are good for their order only', async () => {
    const { next } = await server.json<Page<TenantResponse>>('/v1/tenants?limit=1&sort=slug');
    for (const query of [
      `cursor=${next}&sort=name`,
      'cursor=nonsense',
      'sort=colour',
      'limit=0',
      'parentId=x',
    ]) {
      const response = await server.fetch(`/v1/tenants?${query}`);
      expect(await readProblem(response)).toMatchObject({ status: 400 });
    }
  });
});
