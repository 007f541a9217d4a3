import { DomainError } from '@acci/event-store';

/** No erasure was ordered for the tenant: it was not purged. */
export class TenantErasureNotFound extends DomainError {
  readonly code = 'tenancy.erasure.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no erasure of a tenant ${id}`);
  }
}

/** A tenant cannot be erased by this program as it is; the operator must look. It is not an HTTP caller's fault. */
export class ErasureBlocked extends Error {
  readonly code = 'tenancy.erasure.blocked';

  constructor(readonly tables: readonly string[]) {
    super(
      `Rows of ${tables.join(', ')} are held by foreign keys that form a circle, or that come from other tenants`,
    );
    this.name = 'ErasureBlocked';
  }
}
