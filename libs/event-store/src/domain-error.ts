/**
 * What sort of failure an error is. The HTTP layer maps it to a status: invalid 422, unauthenticated 401,
 * forbidden 403, not_found 404, conflict 409, precondition_failed 412, too_large 413, limited 429, unavailable 503.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'too_large'
  | 'limited'
  | 'unavailable';

/**
 * Base of the errors of a domain: words of that domain, with a code that never changes.
 *
 * @example
 * export class TenantAlreadySuspended extends DomainError {
 *   readonly code = 'tenancy.tenant.already_suspended';
 *   readonly kind = 'conflict';
 *   constructor(id: string) {
 *     super(`Tenant ${id} is suspended already`);
 *   }
 * }
 */
export abstract class DomainError extends Error {
  /** `area.noun.reason`, lower snake case. Part of the public contract: never renamed. */
  abstract readonly code: string;
  abstract readonly kind: ErrorKind;
  /** Facts that may leave with the answer. Never anything personal or secret. */
  readonly details?: Readonly<Record<string, unknown>>;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
