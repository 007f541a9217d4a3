import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { Account, InlineBalancesProjection } from '../fixtures/bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program } from '../fixtures/program.js';
import { lockRebuildsOut } from '../inline/inline-projections.js';

const name = 'bank.balances-inline';
const ctx = testContext({ actor: 'user:ada' });
const by = { reason: 'test' };
const [ada, bob] = [uuidv7(), uuidv7()];

let db: TestDatabase;
let program: Program;
beforeEach(async () => {
  db = await createTestDatabase();
  program = await Program.boot(db.database, [new InlineBalancesProjection()]);
});
afterEach(() => db.close());

const open = (tenantId: string, ...amounts: number[]) =>
  program.store.save({ ...ctx, tenantId }, Account.open(uuidv7(), 'ada', ...amounts));
const balances = () => balancesIn(db, 'balances_inline');
const rebuild = (tenantId: string) => program.projections.rebuild(ctx, name, { ...by, tenantId });

it('an inline projection is rebuilt for one tenant while all append: its rows are what its events say, the others are left alone', async () => {
  for (const tenantId of [ada, bob]) for (let i = 0; i < 5; i += 1) await open(tenantId, i, 1);
  await db.admin(
    `insert into acci.balances_inline select t, 'stray', 'x', 0, 1 from unnest($1::uuid[]) as t`,
    [[ada, bob]],
  );
  await db.admin('update acci.balances_inline set balance = 0');
  const load = { on: true };
  const appends = [ada, bob].map(async (tenantId) => {
    for (; load.on; await sleep(1)) await open(tenantId, 1, 2);
  });
  for (let i = 0; i < 5; i += 1) {
    expect(await rebuild(ada)).toEqual({ projection: name, build: 1 });
    await sleep(10);
  }
  load.on = false;
  await Promise.all(appends);
  const fold = await foldOfBalances(db);
  const of = (rows: Record<string, unknown>[], tenantId: string) =>
    rows.filter(({ tenant_id }) => tenant_id === tenantId);
  expect(of(await balances(), ada)).toEqual(of(fold, ada));
  const others = of(await balances(), bob);
  expect(others).toHaveLength(of(fold, bob).length + 1);
  expect(others).toContainEqual(expect.objectContaining({ account_id: 'stray' }));

  const acts = await program.store.readStream(ctx, 'acci.projection', name);
  expect(acts).toHaveLength(5);
  expect(acts[0]).toMatchObject({ data: { ...by, tenant: ada, build: 1 }, metadata: { actor: 'user:ada' } });
});

it('is refused while an append does not end, and for a tenant for whom others would wait too long', async () => {
  await open(ada, 1);
  const before = await balances();
  const [locked, refused] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const append = db.database.inTenant(bob, async (tx) => {
    await tx.query(lockRebuildsOut, [name]);
    locked.resolve();
    await refused.promise;
  });
  await locked.promise;
  await expect(rebuild(ada)).rejects.toMatchObject({
    code: 'projections.act.refused',
    message: `Cannot rebuild ${name}: an append of its events does not end: try again`,
  });
  refused.resolve();
  await append;
  // By a program that does not have it, which is quicker.
  const { store } = await Program.boot(db.database, []);
  const long = Account.open(uuidv7(), 'ada', ...Array.from({ length: 5_000 }, () => 1));
  await store.save({ ...ctx, tenantId: ada }, long);
  await expect(rebuild(ada)).rejects.toThrow('rebuild it for all');
  expect(await balances()).toEqual(expect.arrayContaining(before));
  expect(await program.store.readStream(ctx, 'acci.projection', name)).toEqual([]);
});

it('is switched off for nobody, since it is part of every append', async () => {
  for (const act of ['switchOff', 'switchOn'] as const)
    await expect(program.projections[act](ctx, name, ada, by)).rejects.toMatchObject({
      code: 'projections.act.refused',
      message: expect.stringContaining('it is part of every append') as string,
    });
});
