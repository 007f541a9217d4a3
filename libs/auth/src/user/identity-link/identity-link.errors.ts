import { DomainError } from '@acci/event-store';

/** The two users are of one tenant, where a person has one. */
export class IdentityLinkSameTenant extends DomainError {
  readonly code = 'auth.identity_link.same_tenant';
  readonly kind = 'invalid';

  constructor() {
    super('The other user is of the same tenant');
  }
}

/** The two users are linked already. */
export class IdentityLinkExists extends DomainError {
  readonly code = 'auth.identity_link.exists';
  readonly kind = 'conflict';

  constructor() {
    super('These two users are linked already');
  }
}

/** The user has no such link. One of somebody else is answered the same. */
export class IdentityLinkNotFound extends DomainError {
  readonly code = 'auth.identity_link.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no link ${id}`);
  }
}
