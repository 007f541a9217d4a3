import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import { seededRandom, type TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { Account, BalancesProjection, InlineBalancesProjection } from '../fixtures/bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program, until } from '../fixtures/program.js';

const { ACCI_LONG, ACCI_SEEDS } = process.env;
const kills = ACCI_LONG === '1' ? 20 : 3;
const seed = Number(ACCI_SEEDS ?? 1);
const source = join(import.meta.dirname, '..');
const projections = ['bank.balances', 'bank.balances-inline'] as const;

let db: TestDatabase;
let program: Program;
const children: ChildProcess[] = [];
beforeAll(async () => {
  db = await createTestDatabase();
  program = await Program.boot(db.database, [new BalancesProjection(), new InlineBalancesProjection()], {
    shares: 2,
    batchSize: 10,
  });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await program.runner.stop();
  await db.close();
});

/** Starts a projector in a process of its own. */
async function startProjector(): Promise<ChildProcess> {
  const loader = join(source, '../../../test/setup/sources.ts');
  const { app, system, owner } = db.urls;
  const child = spawn(
    process.execPath,
    [
      '--conditions=@acci/source',
      '--import',
      loader,
      join(source, 'fixtures/projector.ts'),
      app,
      system,
      owner,
      'rebuild',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

const random = seededRandom(seed);

const live = (status: string) =>
  db.admin(`select projection, build from acci.projection_builds where status = '${status}' order by 1, 2`);
/** Every byte of the rows, in an order that does not depend on when they were written. */
const bytes = (table: string) =>
  db.admin<{ row: string }>(`select t::text as row from acci.${table} as t order by 1`);

describe(`rebuilds whose process is killed ${kills} times under load (seed ${seed})`, () => {
  it('leave what serves complete, and end as if they had not been', async () => {
    const tenants = Array.from({ length: 4 }, () => uuidv7());
    const open = (n: number) =>
      program.store.save(
        testContext({ tenantId: tenants[n % tenants.length] }),
        Account.open(uuidv7(), `owner ${n}`, n, 1),
      );
    for (let n = 0; n < 200; n += 1) await open(n);
    program.runner.start();
    await program.drained();
    await until(async () => (await live('serving')).length === 2);
    await program.runner.stop();

    const appending = { on: true };
    const load = (async () => {
      for (let n = 200; appending.on; n += 1) {
        await open(n);
        await sleep(2);
      }
    })();
    const accounts = async (table: string) => (await db.admin(`select from acci.${table}`)).length;
    for (let kill = 0; kill < kills; kill += 1) {
      const before = await Promise.all(['balances', 'balances_inline'].map(accounts));
      for (const name of projections)
        await program.projections.rebuild(testContext(), name, { reason: `kill ${kill}` });
      const child = await startProjector();
      await sleep(random() * 400);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const after = await Promise.all(['balances', 'balances_inline'].map(accounts));
      after.forEach((count, index) => expect(count).toBeGreaterThanOrEqual(before[index] as number));
    }
    appending.on = false;
    await load;

    program.runner.start();
    await until(async () => (await live('filling')).length === 0);
    await program.drained(30_000);
    expect(await live('serving')).toMatchObject([
      { projection: 'bank.balances' },
      { projection: 'bank.balances-inline' },
    ]);
    const fold = await foldOfBalances(db);
    expect(await balancesIn(db, 'balances')).toEqual(fold);
    expect(await balancesIn(db, 'balances_inline')).toEqual(fold);
    // What was rebuilt and what the appends kept are the same, byte for byte.
    expect(await bytes('balances')).toEqual(await bytes('balances_inline'));
    expect(await db.admin(`select relname from pg_class where relname ~ '__b[0-9]'`)).toEqual([]);
  }, 600_000);
});
