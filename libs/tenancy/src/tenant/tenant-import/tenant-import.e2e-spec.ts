import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '@acci/database/testing';
import { readProblem } from '@acci/rest/testing';
import type { ImportReportLine } from '../../index.js';
import { PLATFORM_TENANT_ID } from '../../platform-tenant.js';
import { adapters, createTestDatabase, TestServer } from '../../spec-support/test-app.js';

type Last = Extract<ImportReportLine, { status: 'finished' | 'failed' }>;
type Line = Exclude<ImportReportLine, Last>;

describe.each(adapters)('importing tenants on %s', (adapter) => {
  // As many as one call may bring; where the other adapter did that, enough to take several batches.
  const many = adapter === 'fastify' ? 10_000 : 2_000;
  let db: TestDatabase;
  let server: TestServer;

  beforeAll(async () => {
    db = await createTestDatabase();
    server = await TestServer.start(adapter, db);
  });
  afterAll(async () => {
    await server.close();
    await db.close();
  });

  async function importing(
    body: string,
    type = 'application/x-ndjson',
  ): Promise<{ lines: Line[]; last: Last }> {
    const response = await server.fetch('/v1/tenants:import', {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    const report = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ImportReportLine);
    return { lines: report.slice(0, -1) as Line[], last: report.at(-1) as Last };
  }

  const ndjson = (...lines: unknown[]) => lines.map((line) => JSON.stringify(line)).join('\n');
  const codes = (lines: Line[]) => lines.map((line) => (line.status === 'created' ? 'created' : line.code));
  const count = async (prefix: string) =>
    (await db.admin('select from acci.tenant_directory where slug like $1', [`${prefix}%`])).length;

  it(`makes ${many} in one call, in bounded memory`, async () => {
    const body = Array.from({ length: many }, (_, index) =>
      JSON.stringify({ slug: `many-${index}`, name: 'Many' }),
    );
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const { lines, last } = await importing(body.join('\n'));
    expect(last).toEqual({ status: 'finished', created: many, refused: 0 });
    expect(lines.map(({ line }) => line)).toEqual(Array.from({ length: many }, (_, index) => index + 1));
    expect(await count('many-')).toBe(many);
    const { stored } = (
      await db.admin<{ stored: number }>(
        `select count(*)::int as stored from acci.events where data ->> 'name' = 'Many'`,
      )
    )[0] ?? { stored: 0 };
    expect(stored).toBe(many);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(256 * 1024 * 1024);

    const again = await importing(body.slice(0, 300).join('\n'));
    expect(again.last).toEqual({ status: 'finished', created: 0, refused: 300 });
    expect(new Set(codes(again.lines))).toEqual(new Set(['tenancy.slug.taken']));
  }, 180_000);

  it('does each line whole or refuses it, and says why', async () => {
    const { lines, last } = await importing(
      [
        ndjson({ slug: 'mixed-1', name: 'One', settings: { locale: 'de' } }),
        '{"slug": "mixed-2", ',
        '',
        ndjson(
          { slug: 'mixed-1', name: 'Again' },
          { slug: 'Mixed', name: 'Upper' },
          { slug: 'www', name: 'Reserved' },
          { slug: 'mixed-3', name: 'Plan', plan: 'gold' },
          { slug: 'mixed-4', name: 'Child', parentSlug: 'mixed-1' },
          { slug: 'mixed-5', name: 'Orphan', parentSlug: 'mixed-9' },
          { slug: 'mixed-6', name: 'Settings', settings: { currency: 'x' } },
          { slug: 'mixed-7', name: 'Long', more: 'x'.repeat(70_000) },
          ['no', 'object'],
          { slug: 'mixed-8', name: 'Eight', parentId: '019a8f3e-0000-7000-8000-000000000009' },
        ),
      ].join('\n'),
    );
    expect(codes(lines)).toEqual([
      'created',
      'tenancy.import.line_unreadable',
      'tenancy.import.line_doubled',
      'tenancy.import.line_invalid',
      'tenancy.slug.reserved',
      'tenancy.plan.unknown',
      'created',
      'tenancy.parent.not_found',
      'tenancy.settings.invalid',
      'tenancy.import.line_too_long',
      'tenancy.import.line_invalid',
      'tenancy.parent.not_found',
    ]);
    expect(lines.map(({ line }) => line)).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(lines[8]).toMatchObject({ errors: [{ pointer: '/settings/currency' }] });
    expect(last).toEqual({ status: 'finished', created: 2, refused: 10 });
    const [child] = await db.admin('select parent_id, settings from acci.tenant_directory where slug = $1', [
      'mixed-4',
    ]);
    const [parent] = await db.admin('select id, settings from acci.tenant_directory where slug = $1', [
      'mixed-1',
    ]);
    expect(child).toMatchObject({ parent_id: parent?.id });
    expect(parent?.settings).toMatchObject({ locale: 'de' });
  });

  it('takes CSV, quoted or not, with settings as columns', async () => {
    const csv = [
      '\uFEFFslug,name,plan,settings.locale,parentSlug',
      'csv-1,"One, and ""only""",standard,de-CH,',
      'csv-2,"Two\nlines",,,csv-1',
      'csv-3,too,many,columns,,here',
      'csv-4,Four,,,',
      '',
    ].join('\r\n');
    const { lines, last } = await importing(csv, 'text/csv; charset=utf-8');
    expect(codes(lines)).toEqual(['created', 'created', 'tenancy.import.line_unreadable', 'created']);
    expect(lines.map(({ line }) => line)).toEqual([2, 4, 5, 6]);
    expect(last).toEqual({ status: 'finished', created: 3, refused: 1 });
    expect(
      await db.admin(
        `select name, plan, settings ->> 'locale' as locale from acci.tenant_directory where slug = 'csv-1'`,
      ),
    ).toEqual([{ name: 'One, and "only"', plan: 'standard', locale: 'de-CH' }]);
    expect(await db.admin(`select plan from acci.tenant_directory where slug = 'csv-4'`)).toEqual([
      { plan: 'free' },
    ]);
  });

  it('takes an empty body, and no other kind of one', async () => {
    expect((await importing('')).last).toEqual({ status: 'finished', created: 0, refused: 0 });
    const json = await server.send('POST', '/v1/tenants:import', []);
    expect(await readProblem(json)).toMatchObject({ status: 415, code: 'request.media_type.unsupported' });
  });

  it('stops at the ten-thousand-and-first line', async () => {
    const body = Array.from({ length: 10_050 }, () => '{"slug":"x"}').join('\n');
    const { lines, last } = await importing(body);
    expect(lines.at(-1)).toMatchObject({ line: 10_001, code: 'tenancy.import.too_many_lines' });
    expect(last).toEqual({ status: 'finished', created: 0, refused: 10_001 });
  });

  it('is found at its own path only', async () => {
    for (const path of ['/v1/tenantsimport', '/v1/tenants:import2', '/v1/tenants:']) {
      expect((await server.send('POST', path, {})).status).toBe(404);
    }
  });

  it('reports while it goes on, and leaves whole tenants when the connection breaks', async () => {
    const target = new URL('/v1/tenants:import', server.url);
    const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${PLATFORM_TENANT_ID}` };
    const client = request(target, { method: 'POST', headers });
    const reported = new Promise<string>((resolve, reject) => {
      client.on('error', reject);
      client.on('response', (response) => response.once('data', (data: Buffer) => resolve(data.toString())));
    });
    for (let index = 0; index < 400; index += 1) {
      client.write(`${JSON.stringify({ slug: `cut-${index}`, name: 'Cut' })}\n`);
    }
    client.write('{"slug":"cut-half","na');
    expect(await reported).toContain('"status":"created"');
    client.on('error', () => {});
    client.destroy();
    await sleep(200);
    // At one moment, since the server may still be at work.
    const [{ made, events, claims } = { made: 0, events: 0, claims: 0 }] = await db.admin<
      Record<'made' | 'events' | 'claims', number>
    >(
      `select (select count(*)::int from acci.tenant_directory where slug like 'cut-%') as made,
              (select count(*)::int from acci.events where data ->> 'slug' like 'cut-%') as events,
              (select count(*)::int from acci.unique_claims where value like 'cut-%') as claims`,
    );
    expect(made % 200).toBe(0);
    expect(made).toBeGreaterThan(0);
    expect([events, claims]).toEqual([made, made]);
  });
});
