import { DomainError } from '@acci/event-store';

/**
 * The caller has no business in the tenant that the request names: it is not below theirs, nobody gave them a role
 * there, or it does not exist. Which of these is not said.
 */
export class TenantNotReachable extends DomainError {
  readonly code = 'auth.tenant.not_reachable';
  readonly kind = 'forbidden';

  constructor() {
    super('You cannot act in this tenant');
  }
}

/** No tenant above this one has such a user. A user of a tenant beside or below it is answered the same. */
export class GuestNotFound extends DomainError {
  readonly code = 'auth.guest.not_found';
  readonly kind = 'not_found';

  constructor(userId: string) {
    super(`No tenant above this one has a user ${userId}`);
  }
}
