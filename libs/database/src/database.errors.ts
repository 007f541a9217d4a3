import { silence } from './silent-connections.js';

/** Base of what this library throws on purpose; `code` is stable, `kind` says what sort of failure it is. */
export abstract class DatabaseError extends Error {
  abstract readonly code: string;
  abstract readonly kind: 'unavailable' | 'conflict' | 'forbidden' | 'invalid';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Every connection of the pool stayed in use for the whole acquire time-out. Worth another try after a moment. */
export class DatabaseBusy extends DatabaseError {
  readonly code = 'database.busy';
  readonly kind = 'unavailable';
  /** Seconds after which a client may try again. */
  readonly retryAfter = 1;
}

/** The server cannot be reached, is starting up or shutting down, only reads (a replica), or the connection broke. */
export class DatabaseUnavailable extends DatabaseError {
  readonly code = 'database.unavailable';
  readonly kind = 'unavailable';
  /** Seconds after which a client may try again. */
  readonly retryAfter = 5;
}

/** A statement ran, or a transaction sat idle, longer than its time-out allows; nothing of it was kept. */
export class DatabaseTimeout extends DatabaseError {
  readonly code = 'database.timeout';
  readonly kind = 'unavailable';
}

/** A transaction kept losing against others (serialization failure, deadlock) until its retries were used up. */
export class TransactionContended extends DatabaseError {
  readonly code = 'database.contended';
  readonly kind = 'unavailable';
  /** Seconds after which a client may try again. */
  readonly retryAfter = 1;
}

/** Work for one tenant was started inside a transaction of another. */
export class TenantMismatch extends DatabaseError {
  readonly code = 'database.tenant.mismatch';
  readonly kind = 'forbidden';
}

/** System-wide work was started inside a tenant's transaction, which would widen what that transaction may see. */
export class SystemInsideTenant extends DatabaseError {
  readonly code = 'database.system.inside_tenant';
  readonly kind = 'forbidden';
}

/** A tenant id that is not a UUID. */
export class InvalidTenantId extends DatabaseError {
  readonly code = 'database.tenant.invalid_id';
  readonly kind = 'invalid';
}

/** A transaction was used after its work had ended. Usually a promise inside the work that nobody awaited. */
export class TransactionClosed extends DatabaseError {
  readonly code = 'database.transaction.closed';
  readonly kind = 'conflict';
}

/** Nested work asked for an isolation level or access mode that the open transaction can no longer take. */
export class TransactionUnderWay extends DatabaseError {
  readonly code = 'database.transaction.under_way';
  readonly kind = 'conflict';
}

/** One of the statements that were to happen together was refused; none of them happened. The cause says why. */
export class BatchRefused extends DatabaseError {
  readonly code = 'database.batch.refused';
  readonly kind = 'conflict';
}

/** The work ended as if it had succeeded although one of its statements had failed; nothing was committed. */
export class TransactionAborted extends DatabaseError {
  readonly code = 'database.transaction.aborted';
  readonly kind = 'conflict';
}

const connectionLost = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const contended = new Set(['40001', '40P01']);
// A plan or a prepared statement that went stale: a migration changed a result's shape (0A000), or a pooler
// handed us a server connection that never saw the statement (26000) or saw it from somebody else (42P05).
const stale = new Set(['0A000', '26000', '42P05']);

// A write on a server that only reads: a replica, as which the old primary may have come back after a failover.
const readOnlyServer = '25006';

/** True for failures after which the whole transaction may simply be run again. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error);
  return contended.has(code) || (stale.has(code) && /prepared statement|cached plan/.test(String(error)));
}

/** False for an error of a statement, after which the connection is as good as before; true for FATAL and client errors. */
export function endsConnection(error: unknown): boolean {
  return (error as { severity?: unknown } | null)?.severity !== 'ERROR';
}

/** True for the refusal of a write by a server that only reads, or in a transaction that was asked to only read. */
export function isReadOnlyRefusal(error: unknown): boolean {
  return codeOf(error) === readOnlyServer;
}

/** True where the next try deserves another connection: this one broke, or leads to a server that only reads. */
export function spoilsConnection(error: unknown): boolean {
  return endsConnection(error) || isReadOnlyRefusal(error);
}

/**
 * Gives driver and server failures that say nothing about the statement itself a word of ours; leaves the rest.
 *
 * @param readOnly the transaction was asked to be so, and a write in it is a mistake of its own.
 */
export function translateError(error: unknown, readOnly = false): unknown {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  const cause = { cause: error };
  if (contended.has(code))
    return new TransactionContended('The transaction kept losing against others', cause);
  if (code === '57014' || code === '25P03' || message === silence)
    return new DatabaseTimeout('The database took longer than allowed', cause);
  if (message.startsWith('timeout exceeded when trying to connect'))
    return new DatabaseBusy('Every database connection is in use', cause);
  if (code === '53300') return new DatabaseBusy('The database server has no connection left', cause);
  if (
    connectionLost.has(code) ||
    /^(08|57P0)/.test(code) ||
    /^(Connection terminated|Client has encountered|Cannot use a pool after)/.test(message)
  )
    return new DatabaseUnavailable('The database cannot be reached', cause);
  if (isReadOnlyRefusal(error) && !readOnly)
    return new DatabaseUnavailable('The database server only reads, as a replica does', cause);
  return error;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
