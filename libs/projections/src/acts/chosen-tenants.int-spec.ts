import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '@acci/database/testing';
import { AccountOpened, BalancesProjection, MoneyMoved } from '../fixtures/bank.js';
import { by, ctx, name, open, own, tenantsOf, together } from '../fixtures/divided-bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program, until } from '../fixtures/program.js';
import { Projection, type ProjectionHandler, type ProjectionOptions } from '../index.js';

const options: ProjectionOptions = {
  name,
  version: 1,
  lifecycle: 'async',
  tenants: 'chosen',
  events: [AccountOpened, MoneyMoved],
  tables: ['acci.balances'],
};

@Projection(options)
class ChosenBalances extends BalancesProjection {}

@Projection({ ...options, version: 2 })
class ChosenBalances2 extends BalancesProjection {}

@Projection({ ...options, version: 2, tenants: 'all' })
class AllBalances2 extends BalancesProjection {}

let db: TestDatabase;
const programs: Program[] = [];
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  for (const program of programs.splice(0)) await program.runner.stop();
  await db.close();
});

async function boot(handler?: ProjectionHandler): Promise<Program> {
  const program = await Program.boot(db.database, handler ? [handler] : [], { batchSize: 10 });
  programs.push(program);
  program.runner.start();
  return program;
}

/** The tenants with rows, and whether those rows are what their events say. */
async function expectRowsOf(...tenants: string[]): Promise<void> {
  const fold = await foldOfBalances(db);
  expect(await balancesIn(db, 'balances')).toEqual(
    fold.filter(({ tenant_id }) => tenants.includes(String(tenant_id))),
  );
}

const sharesOfTenants = () =>
  db.admin('select share from acci.projection_shares where of_tenant is not null');
const choices = () => db.admin('select tenant_id from acci.projection_tenants order by 1');

it('has no rows until it is switched on for a tenant, which fills that one from the beginning; none once it is off', async () => {
  const program = await boot(new ChosenBalances());
  const tenants = tenantsOf(6);
  const [ada, bob] = tenants as [string, string];
  for (const tenantId of tenants) for (let i = 0; i < 4; i += 1) await open(program, tenantId, 'ada', i, 1);
  await program.drained();
  await expectRowsOf();
  expect(await sharesOfTenants()).toEqual([]);

  await program.projections.switchOn(ctx, name, ada, by);
  await until(together(program));
  await expectRowsOf(ada);
  await program.projections.switchOn(ctx, name, bob, by);
  await until(together(program));
  for (const tenantId of [...tenants, ...tenantsOf(2)]) await open(program, tenantId, 'late', 7);
  await program.drained();
  await expectRowsOf(ada, bob);
  expect(await program.status(name)).toMatchObject({
    tenants: 'chosen',
    chosenTenants: 2,
    status: 'running',
  });

  await program.projections.switchOff(ctx, name, ada, by);
  await expectRowsOf(bob);
  await open(program, ada, 'unseen');
  await program.drained();
  await expectRowsOf(bob);
  expect(await sharesOfTenants()).toEqual([]);
  expect(await choices()).toEqual([{ tenant_id: bob }]);
});

it('outlasts rebuilds and new versions, which fill the chosen tenants alone', async () => {
  const first = await boot(new ChosenBalances());
  const [ada, bob, ...others] = tenantsOf(6) as [string, string, ...string[]];
  for (const tenantId of [ada, bob, ...others]) await open(first, tenantId, 'ada', 1, 2);
  for (const tenantId of [ada, bob]) await first.projections.switchOn(ctx, name, tenantId, by);
  await until(together(first));
  await db.admin('update acci.balances set balance = 0');
  await first.projections.rebuild(ctx, name, by);
  await first.drained();
  expect(await first.status(name)).toMatchObject({ build: 2, tenants: 'chosen', chosenTenants: 2 });
  await expectRowsOf(ada, bob);

  await first.runner.stop();
  // What is left of a purged tenant: nothing in any table of tenants.
  await db.admin('delete from acci.projection_tenants where tenant_id = $1', [bob]);
  const second = await boot(new ChosenBalances2());
  await until(async () => (await second.status(name))?.version === 2);
  await expectRowsOf(ada);
  await second.projections.switchOn(ctx, name, bob, by);
  await until(together(second));
  await expectRowsOf(ada, bob);
});

it('may be for all in another version, while one for chosen tenants serves; the same version may not', async () => {
  const program = await boot(new ChosenBalances());
  const [ada, bob] = tenantsOf(2) as [string, string];
  for (const tenantId of [ada, bob]) await open(program, tenantId, 'ada', 1);
  await program.drained();
  await expect(boot(new BalancesProjection())).rejects.toThrow(
    'bank.balances version 1 is for chosen tenants in the database: to change that, raise the version',
  );
  const all = await boot(new AllBalances2());
  await until(async () => (await all.status(name))?.version === 2);
  await expectRowsOf(ada, bob);
  expect(await all.status(name)).toMatchObject({ tenants: 'all', chosenTenants: undefined });
});

it('refuses acts upon a tenant that it is not for, whom nobody waits for either', async () => {
  const program = await boot(new ChosenBalances());
  const { projections } = program;
  const [ada, bob] = tenantsOf(2) as [string, string];
  await open(program, bob);
  await projections.switchOn(ctx, name, bob, by);
  for (const act of ['pause', 'resume', 'retry', 'skip', 'rebuild'] as const)
    await expect(projections[act](ctx, name, { ...by, tenantId: ada })).rejects.toMatchObject({
      code: 'projections.act.refused',
      message: `Cannot ${act} ${name}: it is off for the tenant`,
    });
  await expect(projections.switchOff(ctx, name, ada, by)).rejects.toThrow('it is off for the tenant');
  await expect(projections.switchOn(ctx, name, bob, by)).rejects.toThrow('it is on for the tenant');
  await projections.pause(ctx, name, by);
  const position = await open(program, ada);
  await projections.waitFor(position, { tenantId: ada });
  await expect(projections.waitFor(position, { tenantId: bob })).rejects.toThrow(/Not yet at/);
});

it('is cleared by whoever runs it, when the process that switched it off could not', async () => {
  const runner = await boot(new ChosenBalances());
  const stranger = await boot();
  const [ada] = tenantsOf(1) as [string];
  await open(runner, ada, 'ada', 5);
  await stranger.projections.switchOn(ctx, name, ada, by);
  runner.runner.wake();
  await until(together(runner));
  await expectRowsOf(ada);
  await stranger.projections.switchOff(ctx, name, ada, by);
  runner.runner.wake();
  await until(async () => (await sharesOfTenants()).length === 0);
  await expectRowsOf();
});

it('is switched at random under load, with two processes that run it: those who have it have all of it', async () => {
  const [one, two] = [await boot(new ChosenBalances()), await boot(new ChosenBalances())];
  const tenants = tenantsOf(8);
  const on = new Set<string>();
  const load = { on: true };
  const loading = (async () => {
    for (; load.on; await sleep(5)) for (const tenantId of tenants) await open(one, tenantId, 'ada', 1);
  })();
  for (let i = 0; i < 12; i += 1) {
    const tenantId = tenants[(i * 5) % tenants.length] as string;
    const { projections } = i % 2 ? one : two;
    if (on.delete(tenantId)) await projections.switchOff(ctx, name, tenantId, by);
    else await projections.switchOn(ctx, name, tenantId, by).then(() => on.add(tenantId));
    if (i === 6) await projections.rebuild(ctx, name, by);
    if (i === 9) await two.runner.stop();
    await sleep(15);
  }
  load.on = false;
  await loading;
  await until(together(one));
  await one.drained();
  await expectRowsOf(...on);
  expect(on.size).toBeGreaterThan(0);
  expect(await own(one, tenants[0] as string)).toBeUndefined();
});
