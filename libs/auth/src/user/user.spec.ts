import {
  activated,
  created,
  deactivated,
  deleted,
  givenUser,
  invited,
  later,
  locked,
  mayLogIn,
  now,
  person,
  requestedAt,
  soon,
} from '../spec-support/user-facts.js';
import type { User } from './user.aggregate.js';
import { UserLockedOut, UserMailTooSoon, UserNotFound, UserNotInvited } from './user.errors.js';
import * as events from './user.events.js';
import { mailIntervalMs } from './user.state.js';

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

  it('can be sent it less and less often, until there is a day without', () => {
    const history: events.UserEvent[] = [invited];
    let time = now.getTime();
    const again = (atMs: number) => events.UserInvitedAgain.of({ requestedAt: new Date(atMs).toISOString() });
    for (const minutes of [0, 1, 2, 4, 8, 15, 15]) {
      time += minutes * mailIntervalMs;
      if (minutes > 0)
        givenUser(...history)
          .when((u) => u.inviteAgain(new Date(time - 1)))
          .thenThrows(UserMailTooSoon);
      givenUser(...history)
        .when((u) => u.inviteAgain(new Date(time)))
        .then([again(time)]);
      history.push(again(time));
    }
    time += 24 * 60 * mailIntervalMs;
    givenUser(...history, again(time))
      .when((u) => u.inviteAgain(new Date(time + mailIntervalMs)))
      .then([again(time + mailIntervalMs)]);
  });

  it('is sent it also when the clock was ahead at the last time', () => {
    const ahead = events.UserInvitedAgain.of({ requestedAt: '2036-05-01T12:00:00.000Z' });
    givenUser(invited, ahead)
      .when((u) => u.inviteAgain(now))
      .then([events.UserInvitedAgain.of({ requestedAt })]);
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
