import { UnhandledEvent } from '../event-store.errors.js';
import { Account, AccountOpened, MoneyDeposited } from '../fixtures/account.js';
import { internals } from './aggregate.js';

describe('Aggregate', () => {
  it('applies what it records and keeps it until it is saved', () => {
    const account = Account.open('a-1', 'Savings');
    account.deposit(5);
    expect(account).toMatchObject({ id: 'a-1', name: 'Savings', balance: 5, version: 0 });
    expect(internals.recorded(account)).toEqual([
      AccountOpened.of({ name: 'Savings' }),
      MoneyDeposited.of({ amount: 5 }),
    ]);

    internals.saved(account, 1);
    expect(account.version).toBe(1);
    expect(internals.recorded(account)).toEqual([MoneyDeposited.of({ amount: 5 })]);
  });

  it('counts what was stored of what it replays, and records nothing by it', () => {
    const account = new Account('a-1');
    internals.replay(account, [AccountOpened.of({ name: 'Savings' }), MoneyDeposited.of({ amount: 5 })], 1);
    expect(account).toMatchObject({ name: 'Savings', balance: 5, version: 1 });
    expect(internals.recorded(account)).toEqual([]);
  });

  it('does not go on after an event that it does not handle', () => {
    expect(() =>
      internals.replay(new Account('a-1'), [{ type: 'bank.account.robbed', version: 1, data: {} }], 1),
    ).toThrow(UnhandledEvent);
  });
});
