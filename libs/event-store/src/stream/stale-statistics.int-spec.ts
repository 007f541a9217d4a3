import { uuidv7 } from '@acci/database';
import { Client } from 'pg';
import { useBank } from '../fixtures/bank.js';
import { selectStreamFromSnapshot } from './stream-statements.js';

const bank = useBank();
const tenantId = uuidv7();
const streamType = 'bank.savings';

interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** The most rows that any step of a plan has touched. */
function mostRows(node: PlanNode): number {
  const own =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Join Filter'] ?? 0);
  return Math.max(own, ...(node.Plans ?? []).map(mostRows));
}

const events = (stream: string, count: number): string => `
  insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
  select '${tenantId}', '${streamType}', ${stream}, case ${stream} when 'grown' then n else 1 end, gen_random_uuid(),
         'bank.savings.paid_in', 1, '{}', '{}' from generate_series(1, ${count}) as n`;

it('does not go through a stream that has grown since the statistics were made', async () => {
  await bank.db.admin('alter table acci.events set (autovacuum_enabled = false)');
  await bank.db.admin(events(`'s' || n`, 20_000));
  await bank.db.admin('analyze acci.events');
  await bank.db.admin('analyze acci.snapshots');
  await bank.db.admin(events(`'grown'`, 5_000));
  await bank.db.admin(
    `insert into acci.snapshots (tenant_id, stream_id, stream_type, version, event_id, schema_version, state)
     select tenant_id, stream_id, stream_type, version, event_id, 1, '{}' from acci.events
      where stream_id = 'grown' and version = 4995`,
  );
  const client = new Client({ connectionString: bank.db.urls.app });
  await client.connect();
  await client.query(`select set_config('acci.tenant_id', $1, false)`, [tenantId]);
  await client.query(`prepare planned as ${selectStreamFromSnapshot.text}`);
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `explain (analyze, format json) execute planned ('${tenantId}', '${streamType}', 'grown', '1')`,
  );
  await client.end();
  expect(mostRows((rows[0] as { 'QUERY PLAN': [{ Plan: PlanNode }] })['QUERY PLAN'][0].Plan)).toBe(6);
});
