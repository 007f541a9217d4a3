import type { EntityManager } from 'typeorm';
import type { Statement } from './statement.js';

/** A statement that waits to be sent. Its rows are there once the transaction has sent it. */
export interface Queued<R extends object> {
  /**
   * The rows that the statement returned.
   * @throws {Error} when read before the statement was sent.
   */
  readonly rows: readonly R[];
}

/** How a transaction is opened. Without any of these, PostgreSQL's defaults hold: read committed, read and write. */
export interface TransactionOptions {
  readonly isolation?: 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  /**
   * Nested work only: leave what it queued to travel with later statements instead of sending it when the work
   * returns. Saves a round trip; an error of the work then surfaces later, in the transaction around it.
   */
  readonly deferred?: boolean;
}

/**
 * An open transaction of one tenant, or of the system.
 *
 * Nothing is sent before it must be: `BEGIN` and the tenant's setting travel with the first query, and work that
 * only queues statements is one round trip in all, together with its commit.
 */
export interface Transaction {
  /** The tenant whose rows can be seen; undefined in a system transaction. */
  readonly tenantId: string | undefined;

  /**
   * Sends what is queued and this statement, in one round trip, and returns the rows of this one.
   *
   * @example
   * const rows = await tx.query<{ name: string }>('select name from acci.tenant_directory where slug = $1', [slug]);
   */
  query<R extends object = Record<string, unknown>>(
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<R[]>;

  /** Queues a statement; it is sent with the next query or with the commit, and its error surfaces there. */
  execute<R extends object = Record<string, unknown>>(
    statement: Statement,
    values?: readonly unknown[],
  ): Queued<R>;

  /** Sends what is queued now. Useful where an error must surface before more is decided. */
  flush(): Promise<void>;

  /** TypeORM's entity manager on this very connection and inside this transaction. */
  manager(): Promise<EntityManager>;

  /** Registers work for right after the commit of the outermost transaction. It must not throw; a retry discards it. */
  afterCommit(work: () => void): void;
}
