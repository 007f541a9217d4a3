import { DomainError } from '@acci/event-store';

/** Nobody can register by themselves: the tenant does not allow it, is not served, or does not exist. */
export class RegistrationClosed extends DomainError {
  readonly code = 'auth.registration.closed';
  readonly kind = 'forbidden';

  constructor() {
    super('Nobody can register here without an invitation');
  }
}
