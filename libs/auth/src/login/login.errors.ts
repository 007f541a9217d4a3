import { DomainError } from '@acci/event-store';

/**
 * Nobody was let in: there is no such tenant or user, the password is wrong, or they are kept out. Which of these is not
 * said, and does not show in the time that it takes.
 */
export class LoginFailed extends DomainError {
  readonly code = 'auth.login.failed';
  readonly kind = 'unauthenticated';

  constructor() {
    super('There is no such user, or this is not their password');
  }
}

/** Too many passwords were tried for this account, or from this address. */
export class LoginThrottled extends DomainError {
  readonly code = 'auth.login.throttled';
  readonly kind = 'limited';
  /** Seconds. */
  readonly retryAfter: number;

  constructor(waitMs: number) {
    super('Too many attempts: wait before the next one');
    this.retryAfter = Math.max(1, waitMs / 1_000);
  }
}

/** More passwords are being checked than this server can check: nothing is known about this one. */
export class LoginOverloaded extends DomainError {
  readonly code = 'auth.login.overloaded';
  readonly kind = 'unavailable';
  /** Seconds. */
  readonly retryAfter: number;

  constructor(waitMs: number) {
    super('Too many are logging in just now');
    this.retryAfter = Math.max(1, waitMs / 1_000);
  }
}
