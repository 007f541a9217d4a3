import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { BalancesProjection } from '../fixtures/bank.js';
import { name, open } from '../fixtures/divided-bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program } from '../fixtures/program.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.close());

const boot = () => Program.boot(db.database, [new BalancesProjection()]);

describe('a projection that is new', () => {
  it('serves at once while nothing has been appended, and gets what comes', async () => {
    const program = await boot();
    expect(await program.status(name)).toMatchObject({ status: 'running', rebuild: undefined });
    await open(program, uuidv7(), 'ada', 1, 2);
    program.runner.start();
    try {
      await program.drained();
    } finally {
      await program.runner.stop();
    }
    expect(await balancesIn(db, 'balances')).toEqual(await foldOfBalances(db));
  });

  it('is filled first where something has', async () => {
    const other = await Program.boot(db.database, []);
    await open(other, uuidv7());
    const program = await boot();
    expect(await program.status(name)).toMatchObject({ status: 'rebuilding', rebuild: { build: 1 } });
  });
});
