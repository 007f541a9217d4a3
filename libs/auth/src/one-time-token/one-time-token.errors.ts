import { DomainError } from '@acci/event-store';

/**
 * The token is malformed, unknown, used, expired, taken back, or for something else. Which of these is not said: it
 * would help a guesser, and there is one thing to do about all of them, to ask for another one.
 */
export class OneTimeTokenInvalid extends DomainError {
  readonly code = 'auth.one_time_token.invalid';
  readonly kind = 'invalid';
  readonly errors = [{ pointer: '/token', message: 'is not valid, or not any more' }];

  constructor() {
    super('The link is not valid, or not any more');
  }
}
