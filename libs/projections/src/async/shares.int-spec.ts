import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7, type Transaction } from '@acci/database';
import { BalancesProjection, LedgerProjection } from '../fixtures/bank.js';
import { by, ctx, name, open, own, tenantsOf, together, useDividedBank } from '../fixtures/divided-bank.js';
import { foldOfBalances, type Program, until } from '../fixtures/program.js';
import { ProjectionBehind } from '../index.js';
import { shareOf } from '../share-of.js';

const bank = useDividedBank();
const { balances, balancesOf, boot } = bank;
const halted = (program: Program, tenantId: string) => async () =>
  (await own(program, tenantId))?.status === 'halted';

/** As it should be from some moment on: no account is poison any more. */
class Mended extends BalancesProjection {
  static mended = false;

  override handle(event: Parameters<BalancesProjection['handle']>[0], tx: Transaction): void {
    const poison = event.type === 'bank.account.opened' && event.data.owner === 'poison';
    super.handle(poison && Mended.mended ? { ...event, data: { owner: 'mended' } } : event, tx);
  }
}

describe('a share', () => {
  it('is the same to the program and to the database', async () => {
    const ids = [...tenantsOf(50), 'FFFFFFFF-0000-4000-8000-00000000ABCD'];
    const [row] = await bank.db.admin<{ shares: number[] }>(
      'select array(select acci.share_of(id, 7) from unnest($1::uuid[]) with ordinality as t (id, n) order by n) as shares',
      [ids],
    );
    expect(row?.shares).toEqual(ids.map((id) => shareOf(id, 7)));
    expect(new Set(row?.shares).size).toBe(7);
  });
});

describe('two processes', () => {
  it('have two of four shares each within seconds, and all of them when the other one ends', async () => {
    const [one, two] = [await boot(new LedgerProjection()), await boot(new LedgerProjection())];
    const held = async () => {
      const { shares } = await one.projections.get('bank.ledger');
      const holders = Map.groupBy(shares, ({ lease }) => lease?.holder);
      return [...holders].map(([holder, own]) => (holder ? own.length : 0)).toSorted((a, b) => a - b);
    };
    one.runner.start();
    await until(async () => String(await held()) === '4');
    two.runner.start();
    const load = { on: true };
    const loading = (async () => {
      for (const tenants = tenantsOf(8); load.on; await sleep(2))
        for (const tenantId of tenants) await open(one, tenantId, 'ada', 1, 2);
    })();
    await until(async () => String(await held()) === '2,2');
    await two.runner.stop();
    await until(async () => String(await held()) === '4');
    load.on = false;
    await loading;
    await one.drained();
    const [counted] = await bank.db.admin(
      `select (select count(*)::int from acci.ledger) as entries, (select count(distinct event_id)::int from acci.ledger) as moves,
              (select count(*)::int from acci.events where type = 'bank.account.money_moved') as events`,
    );
    expect(counted).toEqual({
      entries: counted?.['events'],
      moves: counted?.['events'],
      events: counted?.['events'],
    });
  });
});

describe('a poison event', () => {
  it('halts its tenant alone; mended and tried again, the tenant joins the others', async () => {
    Mended.mended = false;
    const program = await boot(new Mended());
    const [sick, ...others] = tenantsOf(9) as [string, ...string[]];
    for (const tenantId of [sick, ...others]) await open(program, tenantId, 'ada', 1);
    await open(program, sick, 'poison', 5);
    program.runner.start();
    await until(halted(program, sick));
    for (const tenantId of others) {
      const position = await open(program, tenantId, 'bob', 2);
      await program.projections.waitFor(position, { projections: [name], tenantId });
      expect(
        (await balancesOf(tenantId)).map(({ balance }) => balance).toSorted((a, b) => Number(a) - Number(b)),
      ).toEqual([1, 2]);
    }
    expect(await balancesOf(sick)).toHaveLength(1);
    const position = await open(program, sick, 'late', 7);
    await expect(
      program.projections.waitFor(position, { tenantId: sick, timeoutMs: 60_000 }),
    ).rejects.toThrow(ProjectionBehind);
    expect(await program.projections.get(name)).toMatchObject({ status: 'halted', version: 1 });

    Mended.mended = true;
    await program.projections.retry(ctx, name, { reason: 'mended', tenantId: sick });
    await until(together(program));
    expect((await balancesOf(sick)).map(({ owner }) => String(owner)).toSorted()).toEqual([
      'ada',
      'late',
      'mended',
    ]);
    await open(program, sick, 'later', 1);
    await program.drained();
    expect(await balancesOf(sick)).toHaveLength(4);
  });

  it('is skipped for its tenant alone, under load, and nothing else is lost or doubled', async () => {
    Mended.mended = false;
    const program = await boot(new Mended(), new LedgerProjection());
    program.runner.start();
    const tenants = tenantsOf(6);
    const sick = tenants.slice(0, 3);
    const load = { on: true };
    const loading = Promise.all(
      tenants.map(async (tenantId) => {
        for (; load.on; await sleep(5)) await open(program, tenantId, 'ada', 1, 2);
      }),
    );
    for (const tenantId of sick) await open(program, tenantId, 'poison');
    for (const tenantId of sick) await until(halted(program, tenantId));
    for (const tenantId of sick) await program.projections.skip(ctx, name, { reason: 'a test', tenantId });
    await until(async () => (await program.projections.get(name)).shares.every(({ tenantId }) => !tenantId));
    load.on = false;
    await loading;
    await program.drained();
    expect(await balances()).toEqual(
      (await foldOfBalances(bank.db)).filter(({ owner }) => owner !== 'poison'),
    );
    const skipped = await program.store.readStream(ctx, 'acci.projection', name);
    expect(skipped.map(({ data }) => (data as { tenant: string }).tenant).toSorted()).toEqual(
      sick.toSorted(),
    );
  });

  it('that is the first of all leaves no row of before', async () => {
    const program = await boot(new BalancesProjection());
    const tenantId = uuidv7();
    await bank.db.admin(`insert into acci.balances values ($1, 'left over', 'nobody', 0, 1)`, [tenantId]);
    await open(program, tenantId, 'poison');
    program.runner.start();
    await until(halted(program, tenantId));
    await program.projections.skip(ctx, name, by);
    await until(together(program));
    expect(await balances()).toEqual([]);
  });
});
