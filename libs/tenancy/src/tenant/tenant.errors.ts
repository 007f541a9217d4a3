import { DomainError } from '@acci/event-store';

/** There is no such tenant, or there is none any more. */
export class TenantNotFound extends DomainError {
  readonly code = 'tenancy.tenant.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no tenant ${id}`);
  }
}

/** Tenants are made and managed by the platform tenant only. */
export class PlatformTenantRequired extends DomainError {
  readonly code = 'tenancy.platform.required';
  readonly kind = 'forbidden';

  constructor() {
    super('This is for those who run the platform, not for a tenant');
  }
}

/** A slug that is no DNS label of 2 to 63 lower-case characters. */
export class TenantSlugInvalid extends DomainError {
  readonly code = 'tenancy.slug.invalid';
  readonly kind = 'invalid';

  constructor() {
    super('A slug has 2 to 63 characters: lower-case letters and digits, with single hyphens between them');
  }
}

/** A slug that the platform keeps for itself, such as `www`. */
export class TenantSlugReserved extends DomainError {
  readonly code = 'tenancy.slug.reserved';
  readonly kind = 'invalid';

  constructor() {
    super('The slug is reserved');
  }
}

/**
 * Another tenant has the slug. The message does not repeat it: a stored answer that did would have to be found and
 * erased when the other tenant is purged.
 */
export class TenantSlugTaken extends DomainError {
  readonly code = 'tenancy.slug.taken';
  readonly kind = 'conflict';

  constructor() {
    super('Another tenant has this slug');
  }
}

/** A plan that the platform does not offer; `details.offered` names those it does. */
export class TenantPlanUnknown extends DomainError {
  readonly code = 'tenancy.plan.unknown';
  readonly kind = 'invalid';
  override readonly details: { readonly offered: readonly string[] };

  constructor(offered: readonly string[]) {
    super('The platform offers no such plan');
    this.details = { offered };
  }
}

/** A region that the platform does not run in; `details.offered` names those it does. */
export class TenantRegionUnknown extends DomainError {
  readonly code = 'tenancy.region.unknown';
  readonly kind = 'invalid';
  override readonly details: { readonly offered: readonly string[] };

  constructor(offered: readonly string[]) {
    super('The platform has no such region');
    this.details = { offered };
  }
}

/** What is wrong with one value of a request or an imported line. */
export interface TenantInputProblem {
  /** JSON pointer into it, such as `/settings/locale`. */
  readonly pointer: string;
  readonly message: string;
}

/** Settings that do not fit the schema which the app configured. */
export class TenantSettingsInvalid extends DomainError {
  readonly code = 'tenancy.settings.invalid';
  readonly kind = 'invalid';

  constructor(readonly errors: readonly TenantInputProblem[]) {
    super('The settings are not valid');
  }
}

/** The tenant is suspended already. */
export class TenantAlreadySuspended extends DomainError {
  readonly code = 'tenancy.tenant.already_suspended';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Tenant ${id} is suspended already`);
  }
}

/** The tenant is not suspended, so it cannot be reactivated. */
export class TenantNotSuspended extends DomainError {
  readonly code = 'tenancy.tenant.not_suspended';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Tenant ${id} is not suspended`);
  }
}

/** The tenant's deletion is scheduled: it must be restored before anything else can be done with it. */
export class TenantAwaitsDeletion extends DomainError {
  readonly code = 'tenancy.tenant.awaits_deletion';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Tenant ${id} is scheduled for deletion; restore it first`);
  }
}

/** The tenant's deletion is not scheduled, so there is nothing to restore or to purge. */
export class TenantNotAwaitingDeletion extends DomainError {
  readonly code = 'tenancy.tenant.not_awaiting_deletion';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Tenant ${id} is not scheduled for deletion`);
  }
}

/** The tenant may still be restored; `details.deletionDueAt` says until when. */
export class TenantGracePeriodRunning extends DomainError {
  readonly code = 'tenancy.tenant.grace_period_running';
  readonly kind = 'conflict';
  override readonly details: { readonly deletionDueAt: string };

  constructor(id: string, deletionDueAt: string) {
    super(`Tenant ${id} may be restored until ${deletionDueAt} and cannot be purged before`);
    this.details = { deletionDueAt };
  }
}

/** Tenants below this one stand in the way of its deletion. */
export class TenantHasChildren extends DomainError {
  readonly code = 'tenancy.tenant.has_children';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Tenant ${id} has tenants below it; delete or move them first`);
  }
}

/** The tenant that is to be the parent does not exist. */
export class TenantParentNotFound extends DomainError {
  readonly code = 'tenancy.parent.not_found';
  readonly kind = 'invalid';

  constructor() {
    super('The parent tenant does not exist');
  }
}

/** The tenant that is, or is to be, the parent is scheduled for deletion. */
export class TenantParentAwaitsDeletion extends DomainError {
  readonly code = 'tenancy.parent.awaits_deletion';
  readonly kind = 'conflict';

  constructor() {
    super('The parent tenant is scheduled for deletion; restore it first');
  }
}

/** The move would put a tenant below itself. */
export class TenantHierarchyCycle extends DomainError {
  readonly code = 'tenancy.hierarchy.cycle';
  readonly kind = 'conflict';

  constructor() {
    super('A tenant cannot be moved below itself');
  }
}

/** The hierarchy would get more levels than it may have; `details.maxDepth` says how many. */
export class TenantHierarchyTooDeep extends DomainError {
  readonly code = 'tenancy.hierarchy.too_deep';
  readonly kind = 'conflict';
  override readonly details: { readonly maxDepth: number };

  constructor(maxDepth: number) {
    super(`The hierarchy may have ${maxDepth} levels at most`);
    this.details = { maxDepth };
  }
}

/** Why a tenant is not served. */
export type TenantRefusal = 'suspended' | 'deletion_scheduled' | 'unknown';

const refusals: Record<TenantRefusal, string> = {
  suspended: 'The tenant is suspended',
  deletion_scheduled: 'The tenant is scheduled for deletion',
  unknown: 'The tenant does not exist',
};

/**
 * A request came for a tenant that is not served now.
 * Codes: `tenancy.tenant.suspended`, `tenancy.tenant.deletion_scheduled` and `tenancy.tenant.unknown`.
 */
export class TenantRefused extends DomainError {
  readonly code: `tenancy.tenant.${TenantRefusal}`;
  readonly kind = 'forbidden';

  constructor(reason: TenantRefusal) {
    super(refusals[reason]);
    this.code = `tenancy.tenant.${reason}`;
  }
}
