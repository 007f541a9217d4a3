import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { ledgerOptions, LedgerProjection } from '../fixtures/bank.js';
import { by, ctx, open } from '../fixtures/divided-bank.js';
import { createTestDatabase, Program, until } from '../fixtures/program.js';
import { Projection, type ProjectionHandler } from '../index.js';

let db: TestDatabase;
let program: Program;
const seen = { events: 0 };

/** Takes so long for an event that whoever acts always comes in the middle of a batch. */
@Projection(ledgerOptions)
class SlowLedger implements ProjectionHandler {
  private readonly ledger = new LedgerProjection();

  async handle(...[event, tx]: Parameters<LedgerProjection['handle']>): Promise<void> {
    seen.events += 1;
    await sleep(30);
    this.ledger.handle(event, tx);
  }
}

beforeEach(async () => {
  db = await createTestDatabase();
  program = await Program.boot(db.database, [new SlowLedger()], { batchSize: 3, shares: 1 });
});
afterEach(async () => {
  await program.runner.stop();
  await db.close();
});

it('however often an operator acts, what is under way is finished first, and the projection gets on', async () => {
  await open(program, uuidv7(), 'ada', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  const handled = async () => (await db.admin('select from acci.ledger')).length;
  program.runner.start();
  for (let acts = 0; acts < 4; acts += 1) {
    const { events } = seen;
    await until(async () => seen.events > events);
    await program.projections.pause(ctx, 'bank.ledger', by);
    expect(await handled()).toBeGreaterThanOrEqual(3 * (acts + 1));
    await program.projections.resume(ctx, 'bank.ledger', by);
  }
});
