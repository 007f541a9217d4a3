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

/** Only a key of the platform tenant reaches into other tenants. Whether the tenant exists is not said. */
export class ApiKeyForeignTenant extends DomainError {
  readonly code = 'auth.api_key.foreign_tenant';
  readonly kind = 'forbidden';

  constructor() {
    super('Only platform operators manage keys of other tenants');
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

/** No route asks for such a permission: most likely a typing error. */
export class PermissionUnknown extends DomainError {
  readonly code = 'auth.permission.unknown';
  readonly kind = 'invalid';
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];

  /** @param places where in the list the unknown ones stand. */
  constructor(places: readonly number[]) {
    super('No route asks for some of these permissions');
    this.errors = places.map((place) => ({
      pointer: `/permissions/${place}`,
      message: 'is no known permission',
    }));
  }
}

/** Somebody tried to give away a permission that they do not hold themselves. */
export class PermissionNotHeld extends DomainError {
  readonly code = 'auth.permission.not_held';
  readonly kind = 'forbidden';
  override readonly details: { readonly permissions: readonly string[] };

  constructor(permissions: readonly string[]) {
    super('Nobody can give a permission that they do not hold');
    this.details = { permissions };
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
