import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { Client } from 'pg';
import { Account, BalancesProjection } from '../fixtures/bank.js';
import { createTestDatabase, Program, until } from '../fixtures/program.js';

const name = 'bank.balances';
const ctx = testContext();

let db: TestDatabase;
let program: Program;
/** The transaction of an act that is under way. */
let act: Client;
beforeEach(async () => {
  db = await createTestDatabase();
  program = await Program.boot(db.database, [new BalancesProjection()]);
  program.runner.start();
  await program.store.save(ctx, Account.open(uuidv7(), 'ada', 5));
  await program.drained();
  act = new Client({ connectionString: db.urls.admin });
  await act.connect();
});
afterEach(async () => {
  await act.end();
  await program.runner.stop();
  await db.close();
});

it('a build that is given up in the moment in which it is done stays given up', async () => {
  await program.runner.stop();
  const { build } = await program.projections.rebuild(ctx, name, { reason: 'A test' });
  await act.query('begin');
  await act.query('select from acci.projections where name = $1 for update', [name]);
  await act.query(
    `update acci.projection_builds set status = 'aborted' where projection = $1 and build = $2`,
    [name, build],
  );

  program.runner.start();
  // Filled and caught up, so that it is about to be put in its place: the act has not committed yet.
  await until(async () => (await program.projections.rebuildProgress(name, build)).done === 1);
  await sleep(300);
  await act.query('commit');
  await sleep(500);
  expect(await program.projections.rebuildProgress(name, build)).toMatchObject({ status: 'aborted' });
  expect(await program.projections.get(name)).toMatchObject({ build: 1, status: 'running' });
});
