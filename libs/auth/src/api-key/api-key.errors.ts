import { DomainError } from '@acci/event-store';

/** There is no such key in the tenant. A key of another tenant is answered the same. */
export class ApiKeyNotFound extends DomainError {
  readonly code = 'auth.api_key.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no API key ${id}`);
  }
}

/** A new key would have expired already. */
export class ApiKeyExpiryPast extends DomainError {
  readonly code = 'auth.api_key.expiry_past';
  readonly kind = 'invalid';
  readonly errors = [{ pointer: '/expiresAt', message: 'must be in the future' }];

  constructor() {
    super('The key would have expired already');
  }
}

/** A key was to be made that outlives the credentials which make it: they would prolong themselves. */
export class ApiKeyOutlivesCreator extends DomainError {
  readonly code = 'auth.api_key.outlives_creator';
  readonly kind = 'forbidden';
  override readonly details: { readonly expiresAt: string };

  constructor(expiresAt: Date) {
    super('A key must not outlive the one that creates it');
    this.details = { expiresAt: expiresAt.toISOString() };
  }
}

/** `*` is for platform operators; a tenant's key names what it may do. */
export class ApiKeyNotPlatform extends DomainError {
  readonly code = 'auth.api_key.not_platform';
  readonly kind = 'invalid';
  readonly errors = [{ pointer: '/permissions', message: 'must not contain * outside the platform tenant' }];

  constructor() {
    super('Only keys of the platform tenant may hold every permission');
  }
}

/** The last key that may do everything; without it nobody could make another. */
export class LastOperatorKey extends DomainError {
  readonly code = 'auth.api_key.last_operator';
  readonly kind = 'conflict';

  constructor() {
    super('This is the last valid operator key: create another one first');
  }
}

/** The key that comes from the configuration is taken back there. */
export class ApiKeyConfigured extends DomainError {
  readonly code = 'auth.api_key.configured';
  readonly kind = 'conflict';

  constructor() {
    super('This key comes from the configuration: change or remove it there');
  }
}

/** A key that is bound to networks made, or gave another secret to, one that is good from elsewhere. */
export class ApiKeyRangesWider extends DomainError {
  readonly code = 'auth.api_key.ranges_wider';
  readonly kind = 'forbidden';
  override readonly details: { readonly addressRanges: readonly string[] };

  /** @param allowed where the creator's own key is good. */
  constructor(allowed: readonly string[]) {
    super('A key must not be good where the one that creates it is not');
    this.details = { addressRanges: allowed };
  }
}

/** A key that was taken back is not used again: make another one. */
export class ApiKeyTakenBack extends DomainError {
  readonly code = 'auth.api_key.revoked';
  readonly kind = 'conflict';

  constructor() {
    super('The key was revoked');
  }
}

/** A key that has expired does not live on under another secret: make another one. */
export class ApiKeyEnded extends DomainError {
  readonly code = 'auth.api_key.expired';
  readonly kind = 'conflict';

  constructor() {
    super('The key has expired');
  }
}

/** Nobody gets a secret of a key that could not be used: its owner is locked, deactivated, disabled or gone. */
export class ApiKeyOwnerKeptOut extends DomainError {
  readonly code = 'auth.api_key.owner_kept_out';
  readonly kind = 'conflict';

  constructor() {
    super('Whose key it is may not act');
  }
}

/** The secret before this one is still good, and whoever uses it has not changed over yet. */
export class ApiKeyRotating extends DomainError {
  readonly code = 'auth.api_key.rotating';
  readonly kind = 'conflict';
  override readonly details: { readonly until: string };

  constructor(until: string) {
    super(
      'The key has two secrets already: wait until the older one ends, or end it now by overlapMinutes 0',
    );
    this.details = { until };
  }
}
