import { AssertionError } from 'node:assert/strict';
import { EventInvalid, StreamConflict, UnknownEventType } from '../event-store.errors.js';
import { Account, AccountClosed, AccountOpened, BalanceLeft, MoneyDeposited } from '../fixtures/account.js';
import { given } from './given.js';
import { testContext } from './context.js';

const opened = [AccountOpened.of({ name: 'Savings' })];

describe('given / when / then', () => {
  it('passes when exactly the expected events are recorded', () => {
    given(Account, 'a-1', opened)
      .when((account) => account.close())
      .then([AccountClosed.of({ name: 'Savings' })]);
    given(Account, 'a-1', opened)
      .when(() => {})
      .then([]);
    expect(() =>
      given(Account, 'a-1', opened)
        .when((account) => account.deposit(1))
        .then([MoneyDeposited.of({ amount: 2 })]),
    ).toThrow(AssertionError);
  });

  it('passes when the expected error is thrown', () => {
    const when = given(Account, 'a-1', [...opened, MoneyDeposited.of({ amount: 1 })]).when((account) =>
      account.close(),
    );
    when.thenThrows(BalanceLeft);
    expect(() => when.thenThrows(StreamConflict)).toThrow(
      /Expected StreamConflict, but it threw BalanceLeft/,
    );
    expect(() =>
      given(Account, 'a-1', opened)
        .when(() => {})
        .thenThrows(BalanceLeft),
    ).toThrow(/nothing was thrown/);
  });

  it('fails where the store would: on data that does not fit the schema, given or recorded', () => {
    const deposit = given(Account, 'a-1', opened).when((account) => account.deposit(-1));
    expect(() => deposit.then([MoneyDeposited.of({ amount: -1 })])).toThrow(EventInvalid);
    expect(() =>
      // @ts-expect-error -- an event that the aggregate does not list does not compile either
      given(Account, 'a-1', [{ type: 'bank.account.robbed', version: 1, data: {} }])
        .when(() => {})
        .then([]),
    ).toThrow(UnknownEventType);
  });
});

describe('testContext', () => {
  it('is a new tenant each time, unless one is given', () => {
    expect(testContext().tenantId).not.toBe(testContext().tenantId);
    expect(testContext({ actor: 'user:ada' }).actor).toBe('user:ada');
  });
});
