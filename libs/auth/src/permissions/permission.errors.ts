import { DomainError } from '@acci/event-store';

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
