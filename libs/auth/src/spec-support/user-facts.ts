import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { User } from '../user/user.aggregate.js';
import * as events from '../user/user.events.js';
import { mailIntervalMs, type NewUser } from '../user/user.state.js';

export const id = uuidv7();
export const requestId = uuidv7();
export const now = new Date('2026-05-01T12:00:00.000Z');
export const requestedAt = now.toISOString();
export const soon = new Date(now.getTime() + mailIntervalMs - 1);
export const later = new Date(now.getTime() + mailIntervalMs);
export const person: NewUser = {
  email: 'ada@example.com',
  userName: 'ada',
  displayName: 'Ada Lovelace',
  givenName: 'Ada',
  familyName: 'Lovelace',
  department: 'Engines',
  locale: null,
};

export const invited = events.UserInvited.of(person);
export const created = events.UserCreated.of({ ...person, emailVerified: true });
export const activated = events.UserActivated.of({ emailVerified: true });
export const deactivated = events.UserDeactivated.of({});
export const locked = events.UserLocked.of({ reason: 'lost laptop' });
export const deleted = events.UserDeleted.of({});
export const changeRequested = events.UserEmailChangeRequested.of({
  requestId,
  email: 'countess@example.com',
  requestedAt,
});

/** Whether credentials may be made for whom this happened to. */
export function mayLogIn(history: readonly events.UserEvent[]): boolean | undefined {
  let answer: boolean | undefined;
  givenUser(...history)
    .when((u) => {
      answer = u.mayLogIn;
    })
    .then([]);
  return answer;
}

export const givenUser = (...history: events.UserEvent[]) => given(User, id, history);
