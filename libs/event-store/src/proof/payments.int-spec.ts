import { uuidv7 } from '@acci/database';
import { seededRandom, type TestDatabase } from '@acci/database/testing';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import { runDoomed, said, type LastWords } from '../fixtures/doomed.js';
import { Savings } from '../fixtures/savings.js';
import type { EventStore } from '../index.js';
import { testContext } from '../testing/context.js';

// Two processes whose appends are grouped pay into the same few savings, and get into each other's way.
const long = process.env['ACCI_LONG'] === '1';
const rounds = long ? 100 : 3;
const payments = long ? 10_000 : 500;

let db: TestDatabase;
let store: EventStore;
beforeAll(async () => {
  db = await createTestDatabase();
  store = bankStore(db.database, [Savings]);
});
afterAll(() => db.close());

interface Paid {
  readonly stream_id: string;
  readonly version: number;
  readonly transaction: string;
  readonly amount: number;
}

/** Runs both until they end, or are killed; checks what is there against what they said. */
async function payByTwo(
  savings: number,
  count: number | 'forever',
  killAfterMs: readonly number[] = [],
): Promise<Tally> {
  const ctx = testContext();
  const ids = Array.from({ length: savings }, () => uuidv7());
  await Promise.all(ids.map((id) => store.save(ctx, Savings.open(id))));
  const heard = await Promise.all(
    [0, 1_000_000].map((first, index) =>
      runDoomed(
        'doomed-payers',
        db,
        [ctx.tenantId, String(first), String(count), ...ids],
        killAfterMs[index],
      ),
    ),
  );
  const ends = heard.map(({ end }) => end);
  expect(ends).toEqual(count === 'forever' ? ['SIGKILL', 'SIGKILL'] : [0, 0]);
  const paid = await db.admin<Paid>(
    `select stream_id, version, transaction::text as transaction, (data ->> 'amount')::int as amount
       from acci.events where tenant_id = $1 and type = 'bank.savings.paid_in' order by stream_id, version`,
    [ctx.tenantId],
  );
  const tally = check(heard, paid);
  if (count !== 'forever') {
    expect(tally.unanswered).toBe(0);
    for (const id of ids) {
      const own = paid.filter(({ stream_id }) => stream_id === id);
      const { summary, version } = await store.load(ctx, Savings, id);
      const balance = own.reduce((sum, { amount }) => sum + amount, 0);
      expect([version, summary.balance]).toEqual([own.length + 1, balance]);
    }
  }
  return tally;
}

interface Tally {
  readonly acknowledged: number;
  readonly refused: number;
  readonly unanswered: number;
  /** How many transactions all those payments took. */
  readonly transactions: number;
}

function check(heard: readonly LastWords[], paid: readonly Paid[]): Tally {
  const all = (word: string): string[][] => heard.flatMap((words) => said(words, word));
  const keys = (word: string): Set<string> => new Set(all(word).map((amounts) => amounts.join(' ')));
  const [tried, acknowledged, refused] = [all('try'), keys('ack'), keys('refused')];
  const stored = Map.groupBy(paid, ({ amount }) => String(amount));
  let unanswered = 0;
  for (const amounts of tried) {
    const key = amounts.join(' ');
    const times = amounts.map((amount) => stored.get(amount)?.length ?? 0);
    const [once, never] = [times.every((time) => time === 1), times.every((time) => time === 0)];
    const answer = acknowledged.has(key) ? 'acknowledged' : refused.has(key) ? 'refused' : 'unanswered';
    const fine = answer === 'acknowledged' ? once : answer === 'refused' ? never : once || never;
    expect({ amounts, answer, times, fine }).toMatchObject({ fine: true });
    if (answer === 'unanswered') unanswered += 1;
  }
  expect([...stored.keys()].filter((amount) => !tried.flat().includes(amount))).toEqual([]);
  for (const own of Map.groupBy(paid, ({ stream_id }) => stream_id).values())
    expect(own.map(({ version }) => version)).toEqual(own.map((_, index) => index + 2));
  const transactions = new Set(paid.map(({ transaction }) => transaction)).size;
  return { acknowledged: acknowledged.size, refused: refused.size, unanswered, transactions };
}

it(`a storm of ${2 * payments} payments: whatever is acknowledged is there once, whatever is refused never`, async () => {
  const { acknowledged, refused } = await payByTwo(24, payments);
  expect(acknowledged + refused).toBe(2 * payments);
  expect(refused).toBeGreaterThan(payments / 20);
});

it(`kill -9 of both at ${rounds} random moments: what nobody answered is there wholly or not at all, and once`, async () => {
  const random = seededRandom(1);
  const tallies: Tally[] = [];
  for (let round = 0; round < rounds; round += 1)
    tallies.push(await payByTwo(400, 'forever', [random() * 500, random() * 500]));
  const sum = (of: keyof Tally): number => tallies.reduce((total, tally) => total + tally[of], 0);
  expect(sum('transactions')).toBeLessThan(sum('acknowledged'));
  expect(sum('unanswered')).toBeGreaterThan(0);
}, 3_600_000);
