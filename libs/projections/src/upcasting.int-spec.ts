import { uuidv7, type Transaction } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Aggregate, defineEvent, upcast, type DomainEvent, type EventOf } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { z } from 'zod';
import {
  Account,
  AccountNoted,
  AccountOpened,
  BalancesProjection,
  InlineBalancesProjection,
  LedgerProjection,
  ledgerOptions,
  MoneyMoved,
} from './fixtures/bank.js';
import { balancesIn, createTestDatabase, Program } from './fixtures/program.js';
import { Projection, type ProjectedEvent } from './index.js';

const amount = z.int();
const MoneyDeposited = defineEvent({
  type: 'bank.account.deposited',
  version: 1,
  schema: z.object({ amount }),
});
const MoneyExchanged = defineEvent({
  type: 'bank.account.exchanged',
  version: 1,
  schema: z.object({ received: amount, paid: amount }),
});
const AccountViewed = defineEvent({ type: 'bank.account.viewed', version: 1, schema: z.object({}) });

/** The account as an older release knew it. */
class OldAccount extends Aggregate {
  static readonly streamType = 'bank.account';
  static readonly events = [
    AccountOpened,
    AccountNoted,
    MoneyMoved,
    MoneyDeposited,
    MoneyExchanged,
    AccountViewed,
  ];

  static of(...events: readonly DomainEvent[]): OldAccount {
    const account = new OldAccount(uuidv7());
    for (const event of events) account.record(event);
    return account;
  }

  protected apply(): void {}
}

class NewAccount extends Account {
  static readonly upcasters = [
    upcast(MoneyDeposited).to(MoneyMoved, (data) => data),
    upcast(MoneyExchanged).into([MoneyMoved], ({ received, paid }) =>
      [received, -paid].filter((amount) => amount !== 0).map((amount) => MoneyMoved.of({ amount })),
    ),
    upcast(AccountViewed).drop(),
  ];
}

let broken = true;

/** Fails at first where money is paid: at the second part of what is stored as one event. */
@Projection(ledgerOptions)
class HesitantLedgerProjection extends LedgerProjection {
  override handle(event: ProjectedEvent<EventOf<typeof MoneyMoved>>, tx: Transaction): void {
    super.handle(event, tx);
    if (event.data.amount < 0 && broken) throw new Error('not yet');
  }
}

let db: TestDatabase;
let program: Program | undefined;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await program?.runner.stop();
  await db.close();
});

const ctx = testContext();

async function store(...events: readonly DomainEvent[]): Promise<string> {
  const old = await Program.boot(db.database, [], {}, OldAccount);
  const { streamId } = await old.store.save(
    ctx,
    OldAccount.of(AccountOpened.of({ owner: 'ada' }), ...events),
  );
  return streamId;
}

/** Events of which nothing is left: a type that is dropped, and one that becomes nothing now and then. */
const nothing = (count: number): DomainEvent[] =>
  Array.from({ length: count }, () => [
    AccountViewed.of({}),
    MoneyExchanged.of({ received: 0, paid: 0 }),
  ]).flat();
const ledger = () => db.admin('select version, amount, balance from acci.ledger order by number');

describe('a projection of what was stored by older releases', () => {
  it('handles the events of today, however many are dropped between them', async () => {
    const id = await store(
      ...nothing(5),
      MoneyDeposited.of({ amount: 7 }),
      ...nothing(5),
      MoneyExchanged.of({ received: 10, paid: 2 }),
      MoneyMoved.of({ amount: 1 }),
      ...nothing(5),
    );
    const handlers = [new BalancesProjection(), new LedgerProjection()];
    program = await Program.boot(db.database, handlers, { batchSize: 2 }, NewAccount);
    program.runner.start();
    await program.drained();
    expect(await balancesIn(db, 'balances')).toEqual([
      { tenant_id: ctx.tenantId, account_id: id, owner: 'ada', balance: 16, version: 24 },
    ]);
    expect(await ledger()).toEqual([
      { version: 12, amount: 7, balance: 7 },
      { version: 23, amount: 10, balance: 17 },
      { version: 23, amount: -2, balance: 15 },
      { version: 24, amount: 1, balance: 16 },
    ]);
  });

  it('handles all that was stored as one event, or nothing of it', async () => {
    await store(
      MoneyDeposited.of({ amount: 1 }),
      MoneyExchanged.of({ received: 10, paid: 2 }),
      MoneyDeposited.of({ amount: 5 }),
    );
    program = await Program.boot(db.database, [new HesitantLedgerProjection()], {}, NewAccount);
    program.runner.start();
    await expect(program.drained()).rejects.toThrow('bank.ledger is halted');
    const before = { version: 2, amount: 1, balance: 1 };
    expect(await ledger()).toEqual([before]);
    broken = false;
    await program.projections.retry(ctx, 'bank.ledger', { reason: 'mended' });
    await program.drained();
    expect(await ledger()).toEqual([
      before,
      { version: 3, amount: 10, balance: 11 },
      { version: 3, amount: -2, balance: 9 },
      { version: 4, amount: 5, balance: 14 },
    ]);
  });

  it('is built inline out of the whole log', async () => {
    const exchanges = Array.from({ length: 600 }, () => MoneyExchanged.of({ received: 3, paid: 1 }));
    const id = await store(...exchanges, MoneyDeposited.of({ amount: 7 }));
    program = await Program.boot(db.database, [new InlineBalancesProjection()], {}, NewAccount);
    const built = { tenant_id: ctx.tenantId, account_id: id, owner: 'ada', balance: 1_207, version: 602 };
    expect(await balancesIn(db, 'balances_inline')).toEqual([built]);
    await program.store.update(ctx, NewAccount, id, (account) => account.move(1));
    expect(await balancesIn(db, 'balances_inline')).toEqual([{ ...built, balance: 1_208, version: 603 }]);
  });
});
