import { uuidv7 } from '@acci/database';
import { seededRandom, type TestDatabase } from '@acci/database/testing';
import { createTestDatabase } from '../fixtures/bank.js';
import { runDoomed, said } from '../fixtures/doomed.js';

const rounds = process.env['ACCI_LONG'] === '1' ? 100 : 6;

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

/** What a writer said before it died. */
interface LastWords {
  /** The streams of each transaction that it began. */
  readonly tried: readonly (readonly string[])[];
  readonly acknowledged: ReadonlySet<string>;
}

async function runWriter(tenantId: string, mode: string, killAfterMs?: number): Promise<LastWords> {
  const words = await runDoomed('doomed-writer', db, [tenantId, mode], killAfterMs);
  return { tried: said(words, 'try'), acknowledged: new Set(said(words, 'ack').flat()) };
}

/** How many events each stream of the tenant has, and which streams hold a name. */
async function stored(tenantId: string): Promise<{ events: Map<string, number>; names: Set<string> }> {
  const events = await db.admin<{ stream_id: string; count: number }>(
    'select stream_id, count(*)::int as count from acci.events where tenant_id = $1 group by stream_id',
    [tenantId],
  );
  const claims = await db.admin<{ stream_id: string }>(
    'select stream_id from acci.unique_claims where tenant_id = $1',
    [tenantId],
  );
  return {
    events: new Map(events.map(({ stream_id, count }) => [stream_id, count])),
    names: new Set(claims.map(({ stream_id }) => stream_id)),
  };
}

describe('kill -9 of the writer', () => {
  it.each(['before-begin', 'after-begin', 'after-claims', 'after-first-append', 'before-commit'])(
    '%s: nothing is there',
    async (moment) => {
      const tenantId = uuidv7();
      const { tried, acknowledged } = await runWriter(tenantId, moment);
      expect([tried.length, acknowledged.size]).toEqual([1, 0]);
      expect(await stored(tenantId)).toEqual({ events: new Map(), names: new Set() });
    },
  );

  it.each(['after-commit', 'never'])('%s: everything is there', async (moment) => {
    const tenantId = uuidv7();
    const { tried } = await runWriter(tenantId, moment);
    const [ids = []] = tried;
    expect(ids).toHaveLength(2);
    expect(await stored(tenantId)).toEqual({
      events: new Map(ids.map((id) => [id, 3])),
      names: new Set(ids),
    });
  });

  it(`at ${rounds} random moments: what was acknowledged is there once, what was not is there wholly or not at all`, async () => {
    const random = seededRandom(1);
    let appends = 0;
    for (let round = 0; round < rounds; round += 2) {
      await Promise.all([checkRound(random() * 150), checkRound(random() * 150)]);
    }
    expect(appends).toBeGreaterThan(rounds);

    async function checkRound(killAfterMs: number): Promise<void> {
      const tenantId = uuidv7();
      const { tried, acknowledged } = await runWriter(tenantId, 'forever', killAfterMs);
      const { events, names } = await stored(tenantId);
      appends += acknowledged.size;
      expect(acknowledged.size).toBeGreaterThan(0);
      for (const ids of tried) {
        const counts = ids.map((id) => events.get(id) ?? 0);
        const whole = counts.every((count) => count === 3);
        const absent = counts.every((count) => count === 0);
        expect({
          ids,
          counts,
          fine: whole || (absent && !ids.some((id) => acknowledged.has(id))),
        }).toMatchObject({ fine: true });
        expect(ids.map((id) => names.has(id))).toEqual(ids.map(() => whole));
      }
      expect([...events.keys()].filter((id) => !tried.flat().includes(id))).toEqual([]);
    }
  }, 600_000);
});
