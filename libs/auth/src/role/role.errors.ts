import { DomainError } from '@acci/event-store';

/** There is no such role in the tenant. A role of another tenant is answered the same. */
export class RoleNotFound extends DomainError {
  readonly code = 'auth.role.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no role ${id}`);
  }
}

/** Another role of the tenant has this name, in whatever case; or a built-in one has. */
export class RoleNameTaken extends DomainError {
  readonly code = 'auth.role.name_taken';
  readonly kind = 'conflict';

  constructor() {
    super('Another role has this name');
  }
}

/** A built-in role is what the program says: nobody changes or deletes it. */
export class RoleBuiltIn extends DomainError {
  readonly code = 'auth.role.built_in';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`The role ${id} is built in`);
  }
}

/** Somebody has the role. It is taken from them first, so that nobody loses by accident what they need. */
export class RoleStillAssigned extends DomainError {
  readonly code = 'auth.role.assigned';
  readonly kind = 'conflict';
  override readonly details: { readonly assignments: number };

  constructor(assignments: number) {
    super('The role is assigned: take it from whoever has it first');
    this.details = { assignments };
  }
}

/** `*` is for platform operators; a tenant's role names what it gives. */
export class RoleNotPlatform extends DomainError {
  readonly code = 'auth.role.not_platform';
  readonly kind = 'invalid';
  readonly errors = [{ pointer: '/permissions', message: 'must not contain * outside the platform tenant' }];

  constructor() {
    super('Only roles of the platform tenant may give every permission');
  }
}

/** The condition tests what the operations of a permission do not ask. It would shut them, and not say so. */
export class RoleConditionUnsupported extends DomainError {
  readonly code = 'auth.role.condition_unsupported';
  readonly kind = 'invalid';
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];

  /** @param places where in the list the permissions stand that cannot have it. */
  constructor(places: readonly number[]) {
    super('Some of these permissions cannot be had under this condition');
    this.errors = places.map((place) => ({
      pointer: `/permissions/${place}`,
      message: 'cannot be had under this condition',
    }));
  }
}

/** The change would leave the tenant without an owner. */
export class LastOwner extends DomainError {
  readonly code = 'auth.tenant.last_owner';
  readonly kind = 'conflict';

  constructor() {
    super('This would leave the tenant without an owner who can log in: make another one first');
  }
}
