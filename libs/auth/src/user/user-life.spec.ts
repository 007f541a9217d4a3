import { uuidv7 } from '@acci/database';
import {
  activated,
  changeRequested,
  created,
  deactivated,
  deleted,
  givenUser,
  id,
  invited,
  locked,
  mayLogIn,
  now,
  requestId,
  requestedAt,
  soon,
} from '../spec-support/user-facts.js';
import {
  EmailChangeNotRequested,
  UserAlreadyDeactivated,
  UserLockedOut,
  UserMailTooSoon,
  UserNotActive,
  UserNotDeactivated,
  UserNotLocked,
} from './user.errors.js';
import * as events from './user.events.js';

describe('another e-mail address', () => {
  it('is asked for and confirmed', () => {
    givenUser(created)
      .when((u) => u.requestEmailChange({ requestId, email: 'Countess@Example.com' }, now))
      .then([changeRequested]);
    givenUser(created, changeRequested)
      .when((u) => u.confirmEmailChange(requestId))
      .then([events.UserEmailChanged.of({ from: 'ada@example.com', to: 'countess@example.com' })]);
  });

  it('is not mailed to more than once a minute, nor if it is the old one', () => {
    givenUser(created, changeRequested)
      .when((u) => u.requestEmailChange({ requestId: uuidv7(), email: 'victim@example.com' }, soon))
      .thenThrows(UserMailTooSoon);
    givenUser(created)
      .when((u) => u.requestEmailChange({ requestId, email: 'ADA@example.com' }, now))
      .then([]);
  });

  it.each([
    [
      'another request came',
      [events.UserEmailChangeRequested.of({ ...changeRequested.data, requestId: id })],
    ],
    ['it was confirmed', [events.UserEmailChanged.of({ from: 'a@b.c', to: 'd@e.f' })]],
    ['the user was locked', [locked, events.UserUnlocked.of({})]],
    ['the user was deactivated', [deactivated, events.UserReactivated.of({ status: 'active' })]],
  ])('is not confirmed after %s', (_what, history) => {
    givenUser(created, changeRequested, ...history)
      .when((u) => u.confirmEmailChange(requestId))
      .thenThrows(EmailChangeNotRequested);
  });
});

describe('a password', () => {
  const asked = events.UserPasswordResetRequested.of({ requestedAt });

  it('is asked for anew by whoever says so, at most once a minute, and never with another answer', () => {
    for (const [history, at, expected] of [
      [[created], now, [asked]],
      [[created, asked], soon, []],
      [[invited], now, []],
      [[created, locked], now, []],
      [[created, deactivated], now, []],
      [[created, deleted], now, []],
    ] as const)
      givenUser(...history)
        .when((u) => u.requestPasswordReset(at))
        .then(expected);
  });

  it('is changed by an active user only', () => {
    givenUser(created)
      .when((u) => u.changePassword('reset'))
      .then([events.UserPasswordChanged.of({ how: 'reset' })]);
    givenUser(invited)
      .when((u) => u.changePassword('set'))
      .thenThrows(UserNotActive);
    givenUser(created, locked)
      .when((u) => u.changePassword('reset'))
      .thenThrows(UserLockedOut);
  });
});

describe('whether a user is served', () => {
  it('changes by deactivating and reactivating', () => {
    givenUser(created)
      .when((u) => u.deactivate())
      .then([deactivated]);
    givenUser(created, deactivated)
      .when((u) => u.deactivate())
      .thenThrows(UserAlreadyDeactivated);
    givenUser(created, deactivated)
      .when((u) => u.reactivate())
      .then([events.UserReactivated.of({ status: 'active' })]);
    givenUser(created)
      .when((u) => u.reactivate())
      .thenThrows(UserNotDeactivated);
  });

  it('changes by locking and unlocking, whatever the status', () => {
    givenUser(created, deactivated)
      .when((u) => u.lock('lost laptop'))
      .then([locked]);
    givenUser(created, locked)
      .when((u) => u.lock('again'))
      .thenThrows(UserLockedOut);
    givenUser(created, locked)
      .when((u) => u.unlock())
      .then([events.UserUnlocked.of({})]);
    givenUser(created)
      .when((u) => u.unlock())
      .thenThrows(UserNotLocked);
  });

  it.each([
    [true, [created]],
    [true, [invited, activated]],
    [false, [invited]],
    [false, [created, deactivated]],
    [false, [created, locked]],
    [false, [created, deleted]],
  ])('is %s for whom credentials may be made', (expected, history) => {
    expect(mayLogIn(history)).toBe(expected);
  });
});
