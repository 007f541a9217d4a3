import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import type { EventOf, RecordedEvent } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Account, AccountOpened, MoneyMoved } from '../fixtures/bank.js';
import { createTestDatabase, Program } from '../fixtures/program.js';
import { Projection, ProjectionRegistrationError, type LiveFold } from '../index.js';

type BalanceEvent = EventOf<typeof AccountOpened | typeof MoneyMoved>;
interface Statement {
  readonly account: string;
  owner: string;
  balance: number;
}

@Projection({ name: 'bank.statement', lifecycle: 'live', of: Account, events: [AccountOpened, MoneyMoved] })
class StatementOfAccount implements LiveFold<Statement, BalanceEvent> {
  start(account: string): Statement {
    return { account, owner: '', balance: 0 };
  }

  apply(statement: Statement, event: RecordedEvent<BalanceEvent>): Statement {
    if (event.type === 'bank.account.opened') return { ...statement, owner: event.data.owner };
    statement.balance += event.data.amount;
    return statement;
  }
}

let db: TestDatabase;
let program: Program;
beforeAll(async () => {
  db = await createTestDatabase();
  program = await Program.boot(db.database, []);
});
afterAll(() => db.close());

describe('a live projection', () => {
  it('folds what the stream has at the moment, of one tenant', async () => {
    const ctx = testContext();
    const id = uuidv7();
    const account = Account.open(id, 'ann', ...Array.from({ length: 1_200 }, () => 1));
    account.note('of no interest');
    await program.store.save(ctx, account);
    const statement = program.projections.live(StatementOfAccount);
    expect(await statement.of(ctx, id)).toEqual({ account: id, owner: 'ann', balance: 1_200 });
    account.move(5);
    await program.store.save(ctx, account);
    expect((await statement.of(ctx, id))?.balance).toBe(1_205);
    expect(await statement.of(testContext(), id)).toBeUndefined();
    expect(await statement.of(ctx, uuidv7())).toBeUndefined();
  });

  it('is a class that says so', () => {
    class Nothing implements LiveFold<number> {
      start(): number {
        return 0;
      }
      apply(state: number): number {
        return state;
      }
    }
    expect(() => program.projections.live(Nothing)).toThrow(ProjectionRegistrationError);
  });
});
