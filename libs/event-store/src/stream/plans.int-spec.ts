import { uuidv7, type PreparedStatement } from '@acci/database';
import { Client } from 'pg';
import { useBank } from '../fixtures/bank.js';
import { selectStreamLog } from '../replay/replay-source.js';
import { selectCommittedLog, selectLog } from '../store/statements.js';
import { keepTagOrder, refuseIfNewer, selectTagged } from '../tag/tag-statements.js';
import { selectRecordedStream, selectStream, selectStreamFromSnapshot } from './stream-statements.js';

const bank = useBank();
const tenantId = uuidv7();

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Many events of a few tenants, of which every fourth stands in the archive. */
beforeAll(async () => {
  const columns = `position, transaction, epoch, tenant_id, stream_type, stream_id, version, event_id, type,
                   schema_version, data, metadata, recorded_at`;
  const rows = (condition: string): string => `
    select n, '3'::xid8, 1, case when n % 5 = 0 then '${tenantId}'::uuid else md5((n % 5)::text)::uuid end,
           'bank.account', (n / 100)::text, n % 100 + 1, gen_random_uuid(), 'bank.account.deposited', 1,
           '{}'::json, '{}'::json, now()
      from generate_series(1, 40000) as n where ${condition}`;
  await bank.db.admin(
    `insert into acci.events (${columns}) overriding system value ${rows('n / 100 % 4 > 0')}`,
  );
  await bank.db.admin(`insert into acci.archived_events (${columns}) ${rows('n / 100 % 4 = 0')}`);
  await bank.db.admin('vacuum analyze acci.events');
  await bank.db.admin('vacuum analyze acci.archived_events');
  await bank.db.admin(
    `insert into acci.event_tags (tenant_id, tag, epoch, transaction, position, stream_id, version, type)
     select tenant_id, 'house:' || position % 2, epoch, transaction, position, stream_id, version, type
       from acci.event_log`,
  );
  await bank.db.admin('vacuum analyze acci.event_tags');
});

/** The plan that a connection settles on for a prepared statement, whatever its values. */
async function planOf(
  role: 'app' | 'system',
  { text }: PreparedStatement,
  values: readonly (string | number | null)[],
): Promise<PlanNode> {
  const client = new Client({ connectionString: bank.db.urls[role] });
  await client.connect();
  try {
    await client.query(`select set_config('acci.tenant_id', $1, false)`, [tenantId]);
    await client.query('set plan_cache_mode = force_generic_plan');
    await client.query(`prepare planned as ${text}`);
    const literals = values.map((value) => (value === null ? 'null' : `'${value}'`)).join(', ');
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (format json) execute planned (${literals})`,
    );
    return (rows[0] as { 'QUERY PLAN': [{ Plan: PlanNode }] })['QUERY PLAN'][0].Plan;
  } finally {
    await client.end();
  }
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

const sorts = new Set(['Sort', 'Incremental Sort', 'Seq Scan', 'Bitmap Heap Scan']);

describe('the log, over events wherever they stand', () => {
  it.each([
    ['settled', selectLog],
    ['committed', selectCommittedLog],
  ])(
    '%s: is merged from the two indexes that have its order, and stops at the limit',
    async (_, statement) => {
      const plan = await planOf('system', statement, [
        1,
        '3',
        20_000,
        null,
        null,
        100,
        null,
        null,
        null,
        null,
      ]);
      const nodes = nodesOf(plan);
      expect(nodes.map((node) => node['Node Type'])).toEqual(
        expect.arrayContaining(['Limit', 'Merge Append']),
      );
      expect(nodes.filter((node) => sorts.has(node['Node Type']))).toEqual([]);
      const scans = nodes.filter((node) => node['Relation Name']?.endsWith('events'));
      expect(scans.map((node) => node['Index Name'])).toEqual([
        'events_in_order',
        'archived_events_in_order',
      ]);
      for (const scan of scans)
        expect(scan['Index Cond']).toMatch(/ROW\(.*epoch, .*transaction, .*"?position"?\) > ROW/);
    },
  );
});

describe('events by tag, of which a tenant may have millions', () => {
  const wanted = JSON.stringify([{ tag: 'house:1', more: ['house:0'], types: null }]);
  const from = [tenantId, wanted, 1, '3', 20_000];
  const onwards = /tag = .*ROW\(.*epoch, .*transaction, .*"?position"?\) > ROW/;
  const ofOne = /tag = ANY .*epoch = .*transaction = .*"?position"? = /;
  const scansOf = (nodes: readonly PlanNode[]) =>
    nodes.flatMap((node) => (node['Relation Name'] === 'event_tags' ? (node['Index Cond'] ?? 'all') : []));

  it('are read in the order of the index, from where a page begins to its limit', async () => {
    const nodes = nodesOf(await planOf('app', selectTagged, [...from, 100]));
    const page = nodesOf(nodes.findLast((node) => node['Node Type'] === 'Limit') as PlanNode);
    expect(scansOf(page)).toEqual([expect.stringMatching(onwards), expect.stringMatching(ofOne)]);
    expect(page.filter((node) => sorts.has(node['Node Type']))).toEqual([]);
    expect(scansOf(nodes)).toEqual(scansOf(page));
  });

  it('are looked at only behind what is known, to see whether there is news', async () => {
    const nodes = nodesOf(await planOf('app', refuseIfNewer, [...from, 1, '3', 20_000, null, null]));
    expect(scansOf(nodes)).toEqual([expect.stringMatching(onwards), expect.stringMatching(ofOne)]);
  });

  it('are looked at only behind the transaction, to see whether it keeps their order', async () => {
    const nodes = nodesOf(await planOf('app', keepTagOrder, [tenantId, '{house:1}']));
    expect(scansOf(nodes)).toEqual([expect.stringMatching(/tag = .*ROW\(.*epoch, .*transaction\) > ROW/)]);
  });
});

describe('a replay of one stream', () => {
  it('begins each batch behind the last one, and not at the first event', async () => {
    const values = [tenantId, 'bank.account', '17', 1, '3', 1_750, null, 100];
    const nodes = nodesOf(await planOf('system', selectStreamLog, values));
    expect(nodes.filter((node) => sorts.has(node['Node Type']))).toEqual([]);
    const pages = nodes.filter((node) => node['Index Name']?.endsWith('events_pkey'));
    expect(pages.map((node) => node['Index Name'])).toEqual(['events_pkey', 'archived_events_pkey']);
    for (const page of pages) expect(page['Index Cond']).toMatch(/version > /);
  });
});

describe('a stream, over events wherever they stand', () => {
  it.each([
    ['forwards', selectRecordedStream.forwards, 10],
    ['backwards', selectRecordedStream.backwards, 90],
  ])('%s: is merged from the two primary keys', async (_, statement, from) => {
    const plan = await planOf('app', statement, [tenantId, 'bank.account', '17', from, 100]);
    const nodes = nodesOf(plan);
    expect(nodes.filter((node) => sorts.has(node['Node Type']))).toEqual([]);
    expect(nodes.flatMap((node) => node['Index Name'] ?? [])).toEqual([
      'events_pkey',
      'archived_events_pkey',
    ]);
  });

  it('is not looked for in the archive by a load', async () => {
    const key = [tenantId, 'bank.account', '17'];
    for (const plan of [
      await planOf('app', selectStream, key),
      await planOf('app', selectStreamFromSnapshot, [...key, 1]),
    ]) {
      const relations = nodesOf(plan).flatMap((node) => node['Relation Name'] ?? []);
      expect(relations).toContain('events');
      expect(relations).not.toContain('archived_events');
    }
  });
});
