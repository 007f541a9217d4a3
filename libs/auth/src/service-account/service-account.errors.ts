import { DomainError } from '@acci/event-store';

/** There is no such service account in the tenant. One of another tenant, and a deleted one, is answered the same. */
export class ServiceAccountNotFound extends DomainError {
  readonly code = 'auth.service_account.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no service account ${id}`);
  }
}

/** Another service account of the tenant is called so. */
export class ServiceAccountNameTaken extends DomainError {
  readonly code = 'auth.service_account.name_taken';
  readonly kind = 'conflict';

  constructor() {
    super('Another service account has this name');
  }
}

/** The service account was disabled before. */
export class ServiceAccountAlreadyDisabled extends DomainError {
  readonly code = 'auth.service_account.already_disabled';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Service account ${id} is disabled already`);
  }
}

/** A service account that is disabled gets nothing to log in with: enable it first. */
export class ServiceAccountIsDisabled extends DomainError {
  readonly code = 'auth.service_account.disabled';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Service account ${id} is disabled`);
  }
}

/** Only a service account that was disabled can be enabled. */
export class ServiceAccountNotDisabled extends DomainError {
  readonly code = 'auth.service_account.not_disabled';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Service account ${id} is not disabled`);
  }
}

/** `*` is for the platform tenant; a tenant's service account names what it may do. */
export class ServiceAccountNotPlatform extends DomainError {
  readonly code = 'auth.service_account.not_platform';
  readonly kind = 'invalid';
  readonly errors = [{ pointer: '/permissions', message: 'must not contain * outside the platform tenant' }];

  constructor() {
    super('Only service accounts of the platform tenant may hold every permission');
  }
}

/** A new credential would have expired already. */
export class ServiceAccountCredentialExpiryPast extends DomainError {
  readonly code = 'auth.service_account.expiry_past';
  readonly kind = 'invalid';
  readonly errors = [{ pointer: '/expiresAt', message: 'must be in the future' }];

  constructor() {
    super('The credential would have expired already');
  }
}

/** A service account has as many credentials as it can have: revoke one first. */
export class TooManyServiceAccountCredentials extends DomainError {
  readonly code = 'auth.service_account.too_many_credentials';
  readonly kind = 'conflict';

  constructor(most: number) {
    super(`A service account has ${most} credentials at most`);
  }
}

/** The service account has this key, or another one under the same key id. */
export class PublicKeyKnown extends DomainError {
  readonly code = 'auth.service_account.key_known';
  readonly kind = 'conflict';

  constructor() {
    super('The service account has a public key with this key id already');
  }
}

/** What was given is no public key that assertions can be verified with. */
export class PublicKeyUnusable extends DomainError {
  readonly code = 'auth.service_account.key_unusable';
  readonly kind = 'invalid';
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];

  constructor(reason: string) {
    super('This public key cannot be used');
    this.errors = [{ pointer: '/publicKey', message: reason }];
  }
}
