import { DomainError } from '@acci/event-store';

/** There is no such session of the user. One that has ended, and one of another user, is answered the same. */
export class SessionNotFound extends DomainError {
  readonly code = 'auth.session.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no session ${id}`);
  }
}

/** Whoever asks came with other credentials than a session. */
export class CallerHasNoSession extends DomainError {
  readonly code = 'auth.caller.no_session';
  readonly kind = 'forbidden';

  constructor() {
    super('These are not the credentials of a session');
  }
}

/** A session came in a cookie beside other credentials: which of them was meant is not for us to guess. */
export class CredentialsAmbiguous extends DomainError {
  readonly code = 'auth.credentials.ambiguous';
  readonly kind = 'unauthenticated';

  constructor() {
    super('The request carries more than one kind of credentials');
  }
}

/** A page of another site, or one that does not know the session's CSRF token, sent the request. */
export class CrossSiteRequest extends DomainError {
  readonly code = 'auth.csrf.refused';
  readonly kind = 'forbidden';

  constructor() {
    super('With a session in a cookie this needs the header X-CSRF-Token, from a page of this site');
  }
}

/** A session that ends at its time, whatever happens, has no other token. */
export class SessionNotRenewable extends DomainError {
  readonly code = 'auth.session.not_renewable';
  readonly kind = 'conflict';

  constructor() {
    super('The session of an operator who acts in a tenant cannot be renewed');
  }
}
