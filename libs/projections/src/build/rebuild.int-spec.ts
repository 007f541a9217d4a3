import { setTimeout as sleep } from 'node:timers/promises';
import { assertIsolation, OwnerDatabase, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { Account, BalancesProjection, InlineBalancesProjection } from '../fixtures/bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program, until } from '../fixtures/program.js';
import { ProjectionActRefused } from '../index.js';

let db: TestDatabase;
let owner: OwnerDatabase;
let program: Program;
beforeEach(async () => {
  db = await createTestDatabase();
  owner = new OwnerDatabase(db.urls.owner);
  program = await Program.boot(db.database, [new BalancesProjection(), new InlineBalancesProjection()], {
    batchSize: 20,
    shares: 2,
  });
});
afterEach(async () => {
  await program.runner.stop();
  await owner.close();
  await db.close();
});

const ctx = testContext();
const because = { reason: 'test' };
const tenants = Array.from({ length: 5 }, () => uuidv7());

async function open(n: number): Promise<void> {
  const tenantId = tenants[n % tenants.length] as string;
  await program.store.save({ ...ctx, tenantId }, Account.open(uuidv7(), `owner ${n}`, n, 1, 1));
}

/** Appends until it is told to stop; then tells how many accounts there are. */
function load(): () => Promise<void> {
  const state = { on: true };
  const writers = [0, 1].map(async (writer) => {
    for (let n = writer; state.on; n += 2) await open(n);
  });
  return async () => {
    state.on = false;
    await Promise.all(writers);
  };
}

const builds = (projection: string) =>
  db.admin('select build, status from acci.projection_builds where projection = $1 order by 1', [projection]);
const leftovers = () => db.admin(`select relname from pg_class where relname ~ '__b[0-9]|^acci_[0-9]'`);
const served = (projection: string, build: number) =>
  until(async () =>
    (await builds(projection)).some((row) => row['build'] === build && row['status'] === 'serving'),
  );

describe('a rebuild', () => {
  it.each([
    ['bank.balances', 'balances'],
    ['bank.balances-inline', 'balances_inline'],
  ] as const)('of %s goes on beside reads and writes, and takes its place at once', async (name, table) => {
    for (let n = 0; n < 60; n += 1) await open(n);
    program.runner.start();
    await program.drained();
    // Only a rebuild puts this right, and until it does, it stays as it is.
    await db.admin(`update acci.${table} set owner = 'wrong'`);
    const stop = load();
    const { build } = await program.projections.rebuild(ctx, name, because);
    let least = 0;
    const wrong: number[] = [];
    for (let seen = { all: 60, wrong: 60 }; seen.wrong > 0;) {
      [seen = seen] = await db.admin<typeof seen>(
        `select count(*)::int as all, count(*) filter (where owner = 'wrong')::int as wrong from acci.${table}`,
      );
      // No reader ever sees fewer accounts than before, nor some of the old rows without the others.
      expect(seen.all).toBeGreaterThanOrEqual(least);
      least = seen.all;
      wrong.push(seen.wrong);
    }
    expect(new Set(wrong)).toEqual(new Set([60, 0]));
    await stop();
    await program.drained();
    expect(await balancesIn(db, table)).toEqual(await foldOfBalances(db));
    expect(await builds(name)).toEqual([
      { build: 1, status: 'retired' },
      { build, status: 'serving' },
    ]);
    expect(await leftovers()).toEqual([]);
    await assertIsolation((sql, values) => db.database.queryAsSystem('test', sql, values));
    await open(1);
    await program.drained();
    expect(await balancesIn(db, table)).toEqual(await foldOfBalances(db));
  });

  it('waits for whoever reads the table, and lets others read meanwhile', async () => {
    for (let n = 0; n < 20; n += 1) await open(n);
    program.runner.start();
    await program.drained();
    await served('bank.balances', 1);
    const gate = Promise.withResolvers<void>();
    const reading = db.database.inTenant(tenants[0] as string, async (tx) => {
      await tx.query('select from acci.balances');
      await gate.promise;
    });
    await program.projections.rebuild(ctx, 'bank.balances', because);
    await sleep(1_200);
    expect((await builds('bank.balances')).at(-1)).toEqual({ build: 2, status: 'filling' });
    expect(await balancesIn(db, 'balances')).toEqual(await foldOfBalances(db));
    gate.resolve();
    await reading;
    await served('bank.balances', 2);
    expect(await balancesIn(db, 'balances')).toEqual(await foldOfBalances(db));
  });

  it('can be aborted, which leaves what serves as it was', async () => {
    await open(1);
    program.runner.start();
    await program.drained();
    await served('bank.balances', 1);
    await program.runner.stop();
    const ref = await program.projections.rebuild(ctx, 'bank.balances', because);
    await program.builds.tablesOf({ ...ref, version: 1, status: 'filling' });
    expect(await leftovers()).not.toEqual([]);
    await program.projections.abort(ctx, 'bank.balances', because);
    expect(await leftovers()).toEqual([]);
    expect(await builds('bank.balances')).toEqual([
      { build: 1, status: 'serving' },
      { build: 2, status: 'aborted' },
    ]);
    expect(await balancesIn(db, 'balances')).toEqual(await foldOfBalances(db));
  });

  it('begins anew when a migration changes the table meanwhile', async () => {
    for (let n = 0; n < 5; n += 1) await open(n);
    program.runner.start();
    await program.drained();
    await served('bank.balances', 1);
    await program.runner.stop();
    const ref = await program.projections.rebuild(ctx, 'bank.balances', because);
    await program.builds.tablesOf({ ...ref, version: 1, status: 'filling' });
    await owner.transaction((query) => query(`alter table acci.balances add note text default 'new'`));
    program.runner.start();
    await served('bank.balances', 2);
    expect(await db.admin('select distinct note from acci.balances')).toEqual([{ note: 'new' }]);
    expect(await balancesIn(db, 'balances')).toEqual(await foldOfBalances(db));
  });

  it('is refused where something hangs on the table', async () => {
    await owner.transaction((query) =>
      query('create view acci.owners with (security_invoker) as select owner from acci.balances'),
    );
    const asked = program.projections.rebuild(ctx, 'bank.balances', because);
    await expect(asked).rejects.toThrow(ProjectionActRefused);
    await expect(asked).rejects.toThrow('view acci.owners reads it');
  });
});
