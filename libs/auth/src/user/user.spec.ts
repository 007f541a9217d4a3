import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { mailIntervalMs, User } from './user.aggregate.js';
import {
  EmailChangeNotRequested,
  UserAlreadyDeactivated,
  UserLockedOut,
  UserMailTooSoon,
  UserNotActive,
  UserNotDeactivated,
  UserNotFound,
  UserNotInvited,
  UserNotLocked,
} from './user.errors.js';
import * as events from './user.events.js';
import type { NewUser } from './user.state.js';

const id = uuidv7();
const requestId = uuidv7();
const now = new Date('2026-05-01T12:00:00.000Z');
const requestedAt = now.toISOString();
const soon = new Date(now.getTime() + mailIntervalMs - 1);
const later = new Date(now.getTime() + mailIntervalMs);
const person: NewUser = {
  email: 'ada@example.com',
  userName: 'ada',
  displayName: 'Ada Lovelace',
  givenName: 'Ada',
  familyName: 'Lovelace',
  department: 'Engines',
  locale: null,
};

const invited = events.UserInvited.of(person);
const created = events.UserCreated.of({ ...person, emailVerified: true });
const activated = events.UserActivated.of({ emailVerified: true });
const deactivated = events.UserDeactivated.of({});
const locked = events.UserLocked.of({ reason: 'lost laptop' });
const deleted = events.UserDeleted.of({});
const changeRequested = events.UserEmailChangeRequested.of({
  requestId,
  email: 'countess@example.com',
  requestedAt,
});

/** Whether credentials may be made for whom this happened to. */
function mayLogIn(history: readonly events.UserEvent[]): boolean | undefined {
  let answer: boolean | undefined;
  givenUser(...history)
    .when((u) => {
      answer = u.mayLogIn;
    })
    .then([]);
  return answer;
}

const givenUser = (...history: events.UserEvent[]) => given(User, id, history);

describe('a new user', () => {
  it('is invited, registers, or is created', () => {
    givenUser()
      .when((u) => u.invite(person))
      .then([invited]);
    givenUser()
      .when((u) => u.register(person))
      .then([events.UserRegistered.of(person)]);
    givenUser()
      .when((u) => u.create(person, { emailVerified: true }))
      .then([created]);
  });

  it('has an address and a name that are written in one way only', () => {
    givenUser()
      .when((u) => u.invite({ ...person, email: 'ADA@Example.COM', userName: 'Ａda' }))
      .then([invited]);
  });
});

describe('an invited user', () => {
  it('becomes active, once', () => {
    givenUser(invited)
      .when((u) => u.activate({ emailVerified: true }))
      .then([activated]);
    givenUser(invited, activated)
      .when((u) => u.activate({ emailVerified: true }))
      .thenThrows(UserNotInvited);
  });

  it.each([
    ['locked', [locked], UserLockedOut],
    ['deactivated', [deactivated], UserNotInvited],
    ['deleted', [deleted], UserNotFound],
  ])('does not become active while %s', (_what, history, error) => {
    givenUser(invited, ...history)
      .when((u) => u.activate({ emailVerified: true }))
      .thenThrows(error);
  });

  it('can be sent the invitation again, once a minute', () => {
    const again = events.UserInvitedAgain.of({ requestedAt });
    givenUser(invited)
      .when((u) => u.inviteAgain(now))
      .then([again]);
    givenUser(invited, again)
      .when((u) => u.inviteAgain(soon))
      .thenThrows(UserMailTooSoon);
    givenUser(invited, again)
      .when((u) => u.inviteAgain(later))
      .then([events.UserInvitedAgain.of({ requestedAt: later.toISOString() })]);
    givenUser(invited, activated)
      .when((u) => u.inviteAgain(now))
      .thenThrows(UserNotInvited);
  });

  it('does not become active by being deactivated and reactivated', () => {
    givenUser(invited, deactivated)
      .when((u) => u.reactivate())
      .then([events.UserReactivated.of({ status: 'invited' })]);
    expect(mayLogIn([invited, deactivated, events.UserReactivated.of({ status: 'invited' })])).toBe(false);
  });
});

describe('a profile', () => {
  it('changes in what differs', () => {
    givenUser(created)
      .when((u) => u.changeProfile({ userName: 'countess', displayName: 'Ada Lovelace', department: null }))
      .then([events.UserProfileChanged.of({ userName: { from: 'ada', to: 'countess' }, department: null })]);
  });

  it('stays as it is when nothing differs', () => {
    givenUser(created)
      .when((u) => u.changeProfile({ userName: 'ADA', givenName: 'Ada' }))
      .then([]);
    givenUser(created, events.UserProfileChanged.of({ userName: { from: 'ada', to: null } }))
      .when((u) => u.changeProfile({ userName: null }))
      .then([]);
  });
});

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

describe('roles', () => {
  const assigned = events.UserRoleAssigned.of({ roleId: 'admin' });

  it('are assigned and revoked once', () => {
    givenUser(created)
      .when((u) => u.assignRole('admin'))
      .then([assigned]);
    givenUser(created, assigned)
      .when((u) => u.assignRole('admin'))
      .then([]);
    givenUser(created, assigned)
      .when((u) => u.revokeRole('admin'))
      .then([events.UserRoleRevoked.of({ roleId: 'admin' })]);
    givenUser(created)
      .when((u) => u.revokeRole('admin'))
      .then([]);
  });
});

it.each<[string, (user: User) => void]>([
  ['change', (u) => u.changeProfile({ displayName: 'X' })],
  ['deactivate', (u) => u.deactivate()],
  ['reactivate', (u) => u.reactivate()],
  ['lock', (u) => u.lock('x')],
  ['unlock', (u) => u.unlock()],
  ['delete', (u) => u.delete()],
  ['invite again', (u) => u.inviteAgain(now)],
  ['change the password', (u) => u.changePassword('set')],
  ['give a role', (u) => u.assignRole('admin')],
])('there is no deleted user to %s', (_what, act) => {
  givenUser(created, deleted).when(act).thenThrows(UserNotFound);
});
