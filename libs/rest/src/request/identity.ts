/**
 * Who is asking: made by the app's authentication (a guard of `@acci/auth`, or your own) and put on the request
 * with {@link setIdentity}.
 *
 * @example
 * const identity: RequestIdentity = { tenantId, actor: 'key:018f…', permissions: new Set(['tenancy.tenants.read']) };
 */
export interface RequestIdentity {
  /** The tenant (UUID) the request acts in. */
  readonly tenantId: string;
  /** Who acts, as it is written into events: `key:<id>`, `user:<id>`, `system:<name>`. */
  readonly actor: string;
  /** The permissions held, or `'*'` for all of them. */
  readonly permissions: ReadonlySet<string> | '*';
  /** Most live streams that they may have open in a process; as many as their tenant, if left out. */
  readonly maxStreams?: number;
}

/**
 * What every command and query starts with. Structurally `Context` of `@acci/event-store`.
 *
 * @example
 * const ctx: RequestContext = { tenantId, actor: 'key:018f…', correlationId: 'order-42' };
 */
export interface RequestContext {
  readonly tenantId: string;
  readonly actor: string;
  readonly correlationId: string;
  /** What caused this, if it is known: never set from a request, as a request is where the chain begins. */
  readonly causationId?: string;
  /** The request's `Idempotency-Key`, so that the write itself can recognise a repetition. */
  readonly commandId?: string;
}
