import { DomainError } from '@acci/event-store';

/** The tenant has an owner who can log in: they say who else owns it, and the platform does not. */
export class OwnerExists extends DomainError {
  readonly code = 'auth.owner.exists';
  readonly kind = 'conflict';

  constructor() {
    super('The tenant has an owner, who can invite others');
  }
}

/** The platform tenant has operators, the first of whom is made by the first start. */
export class OwnerOfPlatform extends DomainError {
  readonly code = 'auth.owner.platform';
  readonly kind = 'conflict';

  constructor() {
    super('The platform tenant has operators and no invited owner');
  }
}
