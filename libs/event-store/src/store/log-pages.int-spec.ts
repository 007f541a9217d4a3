import { uuidv7 } from '@acci/database';
import { useBank } from '../fixtures/bank.js';
import { feedStatement } from '../http/feed-statements.js';
import { selectMoment, selectTenantPage, type Moment } from '../transfer/transfer-statements.js';
import { toPosition, type PositionRow } from './rows.js';
import { selectCommittedLog, selectLog } from './statements.js';

const bank = useBank();
const tenantId = uuidv7();
const pageSize = 100;
let middle: PositionRow;
let moment: Moment;

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly PlanNode[];
}

/** A log of one epoch, as nearly every log is, with statistics. */
beforeAll(async () => {
  await bank.db.admin(`
    insert into acci.events (transaction, epoch, tenant_id, stream_type, stream_id, version, event_id, type,
                             schema_version, data, metadata)
    select (n / 100)::text::xid8, 1, case when n % 2 = 0 then '${tenantId}'::uuid else md5('other')::uuid end,
           'bank.account', (n / 200)::text, n % 200 + 1, gen_random_uuid(), 'bank.account.deposited', 1,
           '{"amount":1}', '{}'
      from generate_series(1, 80000) as n`);
  await bank.db.admin('vacuum analyze acci.events');
  [[middle], [moment]] = (await Promise.all([
    bank.db.admin(
      'select epoch, transaction, position from acci.events order by position offset 40000 limit 1',
    ),
    bank.db.database.queryInTenant(tenantId, selectMoment),
  ])) as unknown as [[PositionRow], [Moment]];
});

/** How many rows of the log a statement looks at, planned for these very values as a connection does at first. */
async function rowsRead(text: string, values: readonly unknown[]): Promise<number> {
  const [row] = await bank.db.database.queryInTenant<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    tenantId,
    `explain (analyze, format json) ${text}`,
    values,
  );
  const rowsOf = (node: PlanNode): number =>
    (node['Relation Name'] === 'events' ? node['Actual Rows'] : 0) +
    (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), 0);
  return rowsOf((row as { 'QUERY PLAN': [{ Plan: PlanNode }] })['QUERY PLAN'][0].Plan);
}

const after = () => [middle.epoch, middle.transaction, middle.position];

it.each<[string, () => [string, readonly unknown[]], number]>([
  ['the log', () => [selectLog.text, [...after(), null, null, pageSize, null, null, null, null]], pageSize],
  [
    'a share of the log',
    () => [selectLog.text, [...after(), null, null, pageSize, 1, 0, '{}', null]],
    pageSize,
  ],
  [
    'the unsettled log',
    () => [selectCommittedLog.text, [...after(), null, null, pageSize, null, null, null, null]],
    pageSize,
  ],
  [
    'a tenant’s feed',
    () => {
      const { sql, values } = feedStatement(tenantId, toPosition(middle), {}, pageSize);
      return [sql, values];
    },
    pageSize,
  ],
  [
    'an export',
    () => [selectTenantPage, [tenantId, ...after(), moment.epoch, moment.snapshot]],
    // Its own page.
    1_000,
  ],
])('a page of %s reads that page, and not all that is behind it', async (_, statement, limit) => {
  const read = await rowsRead(...statement());
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThanOrEqual(2 * limit);
});
