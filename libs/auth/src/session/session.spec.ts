import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { Session } from './session.aggregate.js';
import { SessionNotRenewable } from './session.errors.js';
import {
  ImpersonationEnded,
  ImpersonationStarted,
  SessionEnded,
  SessionRenewed,
  SessionStarted,
} from './session.events.js';

const id = uuidv7();
const userId = uuidv7();
const expiresAt = '2026-02-01T09:30:00.000Z';
const started = SessionStarted.of({ userId, amr: ['pwd'], device: null, address: null, expiresAt });
const ended = SessionEnded.of({ userId, reason: 'logout' });
const impersonation = { operator: 'operator:1', userId: null, reason: 'Ticket 4711', expiresAt };

describe('Session', () => {
  it('starts', () => {
    given(Session, id, [])
      .when((session) => session.start(started.data))
      .then([started]);
  });

  it('is renewed, and ends once', () => {
    given(Session, id, [started])
      .when((session) => {
        session.renew(['pwd', 'otp']);
        session.end('logout');
        session.end('user_locked');
      })
      .then([SessionRenewed.of({ amr: ['pwd', 'otp'] }), ended]);
  });

  it('of an operator ends as what it is', () => {
    given(Session, id, [ImpersonationStarted.of(impersonation)])
      .when((session) => session.end('ended_by_admin'))
      .then([ImpersonationEnded.of({ operator: 'operator:1', userId: null, reason: 'ended_by_admin' })]);
  });

  it('of an operator has no other token', () => {
    given(Session, id, [ImpersonationStarted.of(impersonation)])
      .when((session) => session.renew([]))
      .thenThrows(SessionNotRenewable);
  });
});
