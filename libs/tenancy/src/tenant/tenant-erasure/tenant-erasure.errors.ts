/** A tenant cannot be erased by this program as it is; the operator must look. It is not an HTTP caller's fault. */
export class ErasureBlocked extends Error {
  readonly code = 'tenancy.erasure.blocked';

  constructor(readonly tables: readonly string[]) {
    super(`Rows of ${tables.join(', ')} are held by foreign keys that form a circle, or that come from other tenants`);
    this.name = 'ErasureBlocked';
  }
}
