import { setTimeout as sleep } from 'node:timers/promises';
import { BalancesProjection } from '../fixtures/bank.js';
import { by, ctx, name, open, own, tenantsOf, together, useDividedBank } from '../fixtures/divided-bank.js';
import { foldOfBalances, type Program, until } from '../fixtures/program.js';

const bank = useDividedBank();
const { balances, balancesOf, boot } = bank;
const buckets = async (program: Program) =>
  (await program.projections.get(name)).shares.filter(({ tenantId }) => !tenantId);

describe('one tenant', () => {
  it('is paused alone, and catches up', async () => {
    const program = await boot(new BalancesProjection());
    program.runner.start();
    const [paused, other] = tenantsOf(2) as [string, string];
    await program.projections.pause(ctx, name, { ...by, tenantId: paused });
    await open(program, paused);
    await program.projections.waitFor(await open(program, other), { tenantId: other });
    expect((await balances()).map(({ tenant_id }) => tenant_id)).toEqual([other]);
    await program.projections.resume(ctx, name, { ...by, tenantId: paused });
    await until(together(program));
    expect(await balances()).toEqual(await foldOfBalances(bank.db));
  });

  it('is rebuilt alone, under load, with what its events say; the rows of the others are left alone', async () => {
    const program = await boot(new BalancesProjection());
    program.runner.start();
    const tenants = tenantsOf(5);
    const [rebuilt, other] = tenants as [string, string];
    for (const tenantId of tenants)
      for (let i = 0; i < 15; i += 1) await open(program, tenantId, 'ada', i, 1);
    await program.drained();
    await bank.db.admin(
      `insert into acci.balances select tenant_id, 'stray', 'x', 0, 1 from unnest($1::uuid[]) as t (tenant_id)`,
      [[rebuilt, other]],
    );
    await bank.db.admin('update acci.balances set balance = -1 where tenant_id = $1', [rebuilt]);
    const load = { on: true };
    const loading = (async () => {
      for (; load.on; await sleep(2)) for (const tenantId of tenants) await open(program, tenantId, 'eve', 1);
    })();
    const { projection } = await program.projections.rebuild(ctx, name, { ...by, tenantId: rebuilt });
    expect(projection).toBe(name);
    await until(async () => (await own(program, rebuilt)) === undefined);
    load.on = false;
    await loading;
    await program.drained();
    const rows = await balances();
    expect(rows.filter(({ account_id }) => account_id === 'stray')).toMatchObject([{ tenant_id: other }]);
    expect(rows.filter(({ account_id }) => account_id !== 'stray')).toEqual(await foldOfBalances(bank.db));
  });

  it('is switched off and on under load: no row while it is off, all of them afterwards', async () => {
    const program = await boot(new BalancesProjection());
    program.runner.start();
    const tenants = tenantsOf(4);
    const [switched, stays] = tenants as [string, string];
    const load = { on: true };
    const loading = (async () => {
      for (; load.on; await sleep(2))
        for (const tenantId of tenants) await open(program, tenantId, 'ada', 1, 2);
    })();
    for (let i = 0; i < 4; i += 1) {
      await sleep(60);
      await program.projections.switchOff(ctx, name, switched, by);
      expect(await balancesOf(switched)).toEqual([]);
      const position = await open(program, switched, 'unseen');
      await program.projections.waitFor(position, { timeoutMs: 20_000 });
      expect(await balancesOf(switched)).toEqual([]);
      await program.projections.switchOn(ctx, name, switched, by);
    }
    await program.projections.switchOff(ctx, name, stays, by);
    load.on = false;
    await loading;
    await until(async () => (await own(program, switched)) === undefined);
    await program.drained();
    const expected = (await foldOfBalances(bank.db)).filter(({ tenant_id }) => tenant_id !== stays);
    expect(await balances()).toEqual(expected);

    // A rebuild leaves out whoever is switched off.
    await program.projections.rebuild(ctx, name, by);
    await program.drained();
    expect(await balances()).toEqual(expected);
    expect(await own(program, stays)).toMatchObject({ status: 'off' });
  });
});

describe('a run to a position', () => {
  it('ends there, paused, in each share, and goes on from there', async () => {
    const program = await boot(new BalancesProjection());
    const tenants = tenantsOf(6);
    for (const tenantId of tenants) for (let i = 0; i < 4; i += 1) await open(program, tenantId, 'early', i);
    const stop = await open(program, tenants[0] as string, 'last');
    const early = await foldOfBalances(bank.db);
    for (const tenantId of tenants) await open(program, tenantId, 'late');
    await program.projections.pause(ctx, name, by);
    program.runner.start();
    await program.projections.runTo(ctx, name, stop, by);
    await until(async () => (await buckets(program)).every(({ status }) => status === 'paused'));
    expect(await balances()).toEqual(early);
    expect(await program.projections.get(name)).toMatchObject({ status: 'paused', checkpoint: stop });
    await expect(program.projections.runTo(ctx, name, stop, by)).rejects.toThrow(/past that/);
    await program.projections.resume(ctx, name, by);
    await program.drained();
    expect(await balances()).toEqual(await foldOfBalances(bank.db));
  });
});
