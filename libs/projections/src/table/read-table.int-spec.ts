import { assertIsolation, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import type { EventOf } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Account, AccountOpened, MoneyMoved } from '../fixtures/bank.js';
import { createTestDatabase, foldOfBalances, Program, until } from '../fixtures/program.js';
import {
  Projection,
  ProjectionRegistrationError,
  readTable,
  type ProjectedEvent,
  type ProjectionHandler,
  type ProjectionTransaction,
} from '../index.js';

type BalanceEvent = EventOf<typeof AccountOpened | typeof MoneyMoved>;

const shape = { account_id: 'text', owner: 'text not null', balance: 'int not null default 0' };
const first = readTable('bank_views.balances', { version: 1, columns: shape, key: ['account_id'] });
const second = readTable('bank_views.balances', {
  version: 2,
  columns: { ...shape, moves: 'int not null default 0' },
  key: ['account_id'],
  indexes: [['owner', 'balance desc']],
});

const declared = { name: 'bank.views', lifecycle: 'async', events: [AccountOpened, MoneyMoved] } as const;

@Projection({ ...declared, version: 1, tables: [first] })
class FirstVersion implements ProjectionHandler<BalanceEvent> {
  handle({ streamId, tenantId, ...event }: ProjectedEvent<BalanceEvent>, tx: ProjectionTransaction): void {
    if (event.type === 'bank.account.opened')
      tx.put(first, { account_id: streamId, owner: event.data.owner });
    else
      tx.execute(`update ${first.name} set balance = balance + $3 where tenant_id = $1 and account_id = $2`, [
        tenantId,
        streamId,
        event.data.amount,
      ]);
  }
}

@Projection({ ...declared, version: 2, tables: [second] })
class SecondVersion implements ProjectionHandler<BalanceEvent> {
  handle({ streamId, tenantId, ...event }: ProjectedEvent<BalanceEvent>, tx: ProjectionTransaction): void {
    if (event.type === 'bank.account.opened')
      tx.put(second, { account_id: streamId, owner: event.data.owner });
    else
      tx.execute(
        `update ${second.name} set balance = balance + $3, moves = moves + 1 where tenant_id = $1 and account_id = $2`,
        [tenantId, streamId, event.data.amount],
      );
  }
}

let db: TestDatabase;
const programs: Program[] = [];
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  for (const program of programs.splice(0)) await program.runner.stop();
  await db.close();
});

const ctx = testContext();

async function boot(...handlers: ProjectionHandler[]): Promise<Program> {
  const program = await Program.boot(db.database, handlers, { shares: 1 });
  programs.push(program);
  return program;
}

async function append(program: Program, accounts: number): Promise<void> {
  for (let n = 0; n < accounts; n += 1)
    await program.store.save({ ...ctx, tenantId: uuidv7() }, Account.open(uuidv7(), `owner ${n}`, n, 1));
}

const rowsOf = (table: { toString(): string }) =>
  db.admin(`select tenant_id, account_id, owner, balance from ${String(table)} order by 1, 2`);
const fold = async () =>
  (await foldOfBalances(db)).map(({ tenant_id, account_id, owner, balance }) => ({
    tenant_id,
    account_id,
    owner,
    balance,
  }));
const isReady = (program: Program) => until(async () => (await program.projections.ready()).length === 0);

describe('a read table', () => {
  it('is made at boot under row-level security, and again only by another version', async () => {
    expect(String(first)).toBe('bank_views.balances_v1');
    await boot(new FirstVersion());
    await boot(new FirstVersion());
    await assertIsolation((sql, values) => db.database.queryAsSystem('test', sql, values));
    const mine = await db.database.queryInTenant(ctx.tenantId, `select * from ${first.name}`);
    expect(mine).toEqual([]);

    const changed = readTable('bank_views.balances', {
      version: 1,
      columns: { ...shape, colour: 'text' },
      key: ['account_id'],
    });
    @Projection({ ...declared, version: 1, tables: [changed] })
    class Changed extends FirstVersion {}
    await expect(boot(new Changed())).rejects.toThrow(ProjectionRegistrationError);
    await expect(boot(new Changed())).rejects.toThrow('a change of shape needs a new version');
  });

  it.each([
    ['Shop', { version: 1, columns: { a: 'int' }, key: ['a'] }, 'needs a name'],
    ['shop.list', { version: 0, columns: { a: 'int' }, key: ['a'] }, 'needs a version'],
    ['shop.list', { version: 1, columns: { a: 'int' }, key: [] }, 'needs a key'],
    [
      'shop.list',
      { version: 1, columns: { tenant_id: 'uuid' }, key: ['tenant_id'] },
      'cannot have a column tenant_id',
    ],
    ['shop.list', { version: 1, columns: { a: 'int' }, key: ['b' as 'a'] }, 'has no column b'],
  ] as const)('%s is refused where it cannot be', (name, options, why) => {
    expect(() => readTable<string>(name, options)).toThrow(why);
  });

  it('lets two versions of a program run side by side until the old one is gone', async () => {
    await append(await boot(), 20);
    const old = await boot(new FirstVersion());
    expect(await old.projections.ready()).toEqual(['bank.views']);
    old.runner.start();
    await isReady(old);
    expect(await rowsOf(first)).toEqual(await fold());

    const next = await boot(new SecondVersion());
    expect(await next.projections.ready()).toEqual(['bank.views']);
    expect(await old.projections.ready()).toEqual([]);
    next.runner.start();
    await isReady(next);
    await append(next, 10);
    await append(old, 10);
    // Both serve right answers, each from its own table.
    await until(async () => (await rowsOf(first)).length === 40 && (await rowsOf(second)).length === 40);
    await next.drained();
    expect(await rowsOf(second)).toEqual(await fold());
    await until(async () => JSON.stringify(await rowsOf(first)) === JSON.stringify(await fold()));

    // For an hour after the last program of the old version everything stays, in case it comes back.
    await old.runner.stop();
    await db.admin(
      `update acci.projection_shares set lease_until = lease_until - interval '2 hours' where lease_holder is null`,
    );
    await next.builds.tidy();
    expect(await db.admin(`select to_regclass('${first.name}') is null as gone`)).toEqual([{ gone: false }]);
    await db.admin(
      `update acci.projection_builds set seen_at = seen_at - interval '2 hours', served_at = served_at - interval '2 hours'`,
    );
    await next.builds.tidy();
    expect(await db.admin(`select to_regclass('${first.name}') is null as gone`)).toEqual([{ gone: true }]);
    expect(await db.admin('select build, version, status from acci.projection_builds order by 1')).toEqual([
      { build: 1, version: 1, status: 'retired' },
      { build: 2, version: 2, status: 'serving' },
    ]);
    expect(await rowsOf(second)).toEqual(await fold());

    // A program that is rolled back after all fills its table again.
    const back = await boot(new FirstVersion());
    back.runner.start();
    await isReady(back);
    expect(await rowsOf(first)).toEqual(await fold());
  });
});
