import { DomainError } from '@acci/event-store';

/** Nobody needs to be let into the platform tenant who is there already; and nobody becomes another operator. */
export class PlatformNotImpersonated extends DomainError {
  readonly code = 'auth.impersonation.platform';
  readonly kind = 'conflict';

  constructor() {
    super('Operators act in the platform tenant as themselves');
  }
}
