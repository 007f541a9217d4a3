import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@acci/database/testing';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { DepositsController } from '../spec-support/deposits.controller.js';
import { adapters, EventsServer } from '../spec-support/events-server.js';

const requests = process.env['ACCI_LONG'] === '1' ? 20_000 : 400;
const atOnce = 40;

const bank = useBank();
const { ctx } = bank;

describe.each(adapters)('requests on %s whose clients hang up in the middle', (adapter) => {
  let server: EventsServer;
  beforeAll(async () => {
    server = await EventsServer.start(adapter, bank.db.database, [Account], [DepositsController]);
  });
  afterAll(() => server.close());

  it('have done all that they acknowledged once, and the rest once or never', async () => {
    const random = seededRandom(1);
    const accounts = await Promise.all(Array.from({ length: 100 }, () => bank.open()));
    const acknowledged = new Set<number>();
    let sent = 0;
    let cancelled = 0;

    const client = async (): Promise<void> => {
      while (sent < requests) {
        const amount = (sent += 1);
        const id = accounts[Math.floor(random() * accounts.length)]?.id ?? '';
        const abort = new AbortController();
        const done = server
          .post(`/v1/accounts/${id}/deposits`, ctx.tenantId, JSON.stringify({ amount }), abort.signal)
          .then(async (response) => {
            expect(response.status).toBe(201);
            await response.json();
            acknowledged.add(amount);
          });
        if (random() < 0.5) void sleep(random() * 30).then(() => abort.abort());
        await done.catch((error: Error) => {
          if (error.name !== 'AbortError') throw error;
          cancelled += 1;
        });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, client));

    // What was cancelled may still be on its way.
    await server.close();
    const paid = await bank.db.admin<{ amount: number; transaction: string }>(
      `select (data ->> 'amount')::int as amount, transaction::text from acci.events
        where type = 'bank.account.deposited' and stream_id = any ($1)`,
      [accounts.map(({ id }) => id)],
    );
    const amounts = paid.map(({ amount }) => amount);
    const stored = new Set(amounts);
    expect(amounts).toHaveLength(stored.size);
    expect([...acknowledged].filter((amount) => !stored.has(amount))).toEqual([]);
    expect(Math.max(...amounts)).toBeLessThanOrEqual(sent);
    // Some were cancelled before, some after their event was there, and some shared a transaction.
    expect(acknowledged.size + cancelled).toBe(sent);
    expect(stored.size).toBeGreaterThan(acknowledged.size);
    expect(new Set(paid.map(({ transaction }) => transaction)).size).toBeLessThan(paid.length);
  });
});
