/**
 * Injection token of the {@link IdempotencyStore}. A module that provides it (exported, global) replaces the one
 * in memory, which knows one process only.
 *
 * @example
 * const provider = { provide: IDEMPOTENCY_STORE, useClass: PostgresIdempotencyStore };
 */
export const IDEMPOTENCY_STORE = Symbol('acci.rest.idempotency-store');

/**
 * An answer that can be given again.
 *
 * @example
 * const response: StoredResponse = { status: 201, headers: { location: '/v1/tenants/1' }, body: '{"id":"1"}' };
 */
export interface StoredResponse {
  readonly status: number;
  /** Lower-case names; those that belong to the answer, not to the connection. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null for an empty body. */
  readonly body: string | null;
}

/**
 * What {@link IdempotencyStore.begin} found:
 * - `new`: the key is ours until the lease ends; `token` proves it to `complete` and `release`
 * - `in_flight`: another request holds the key; it may be tried again in `retryAfter` seconds
 * - `done`: this was answered before
 * - `mismatch`: the key was used with another fingerprint
 *
 * @example
 * const found: IdempotencyBegin = { state: 'in_flight', retryAfter: 1 };
 */
export type IdempotencyBegin =
  | { readonly state: 'new'; readonly token: string }
  | { readonly state: 'in_flight'; readonly retryAfter: number }
  | { readonly state: 'done'; readonly response: StoredResponse }
  | { readonly state: 'mismatch' };

/**
 * Remembers what was answered under an `Idempotency-Key`, per tenant. An implementation must be atomic: of any
 * number of `begin` with one key, exactly one gets `new`. A holder that crashed never completes; after its lease
 * the same fingerprint gets `new` again. Keys in use and answers are kept for a day at least.
 *
 * @example
 * class PostgresIdempotencyStore implements IdempotencyStore {}
 */
export interface IdempotencyStore {
  /**
   * @param fingerprint of method, target, actor and body: what must be the same when the key is used again
   * @param leaseMs how long the key is held before another may take it over, in milliseconds
   */
  begin(tenantId: string, key: string, fingerprint: string, leaseMs: number): Promise<IdempotencyBegin>;
  /** Keeps the answer. Does nothing if the token no longer holds the key. */
  complete(tenantId: string, key: string, token: string, response: StoredResponse): Promise<void>;
  /** Frees the key, as if it had never been used. Does nothing if the token no longer holds it. */
  release(tenantId: string, key: string, token: string): Promise<void>;
}
