import { DomainError } from '@acci/event-store';

/** The request carries no credentials. */
export class CredentialsMissing extends DomainError {
  readonly code = 'auth.credentials.missing';
  readonly kind = 'unauthenticated';

  constructor() {
    super('The request carries no credentials');
  }
}

/** The credentials are malformed, unknown, revoked or expired. Which of these is not said: it would help a guesser. */
export class CredentialsInvalid extends DomainError {
  readonly code = 'auth.credentials.invalid';
  readonly kind = 'unauthenticated';

  constructor() {
    super('The credentials are not valid');
  }
}

/** The caller is known, and may not do this. */
export class PermissionMissing extends DomainError {
  readonly code = 'auth.permission.missing';
  readonly kind = 'forbidden';
  override readonly details: { readonly permission: string };

  constructor(permission: string) {
    super(`This needs the permission ${permission}`);
    this.details = { permission };
  }
}
