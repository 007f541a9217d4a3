import type { Queued, Statement, Transaction } from '@acci/database';
import type { EntityManager } from 'typeorm';
import { RebuildUnsupported } from '../projections.errors.js';
import type { FoldedWrites, Row } from './folded-writes.js';
import type { ReadTable } from './read-table.js';
import type { Redirect } from './redirect.js';

/**
 * What a projection's handler writes with: the transaction of the event's tenant, and rows by their keys.
 *
 * Rows that are put or removed are kept in memory, the last state of each key, and written together: one statement per
 * table for all events of a tenant in a batch. Before any other statement they are written, so that it sees them.
 * A handler that writes nothing but whole rows is the fastest there is.
 */
export interface ProjectionTransaction extends Transaction {
  /**
   * Inserts a row, or replaces what is named in the one with the same primary key; `tenant_id` is the event's. Columns
   * that are not named keep what they have, and get their default in a new row. Values are as for `query`, those of
   * `json` columns anything that `JSON.stringify` takes.
   *
   * @throws {InvalidRow}
   * @example
   * tx.put('shop.order_list', { order_id: streamId, total: data.total, placed_at: recordedAt });
   */
  put(table: string | ReadTable, row: Row): void;

  /**
   * Removes the row with a primary key, if there is one.
   *
   * @throws {InvalidRow}
   * @example
   * tx.remove('shop.order_list', { order_id: streamId });
   */
  remove(table: string | ReadTable, key: Row): void;
}

/** A transaction that leads to the tables of one build. */
export class BuildTransaction implements ProjectionTransaction {
  constructor(
    private readonly tx: Transaction,
    private readonly writes: FoldedWrites,
    private readonly redirect: Redirect | undefined,
  ) {}

  get tenantId(): string | undefined {
    return this.tx.tenantId;
  }

  put(table: string | ReadTable, row: Row): void {
    this.writes.put(String(table), row, this.tx);
  }

  remove(table: string | ReadTable, key: Row): void {
    this.writes.remove(String(table), key, this.tx);
  }

  query<R extends object = Record<string, unknown>>(
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<R[]> {
    this.settle();
    return this.tx.query<R>(this.led(statement), values);
  }

  execute<R extends object = Record<string, unknown>>(
    statement: Statement,
    values?: readonly unknown[],
  ): Queued<R> {
    this.settle();
    return this.tx.execute<R>(this.led(statement), values);
  }

  flush(): Promise<void> {
    this.settle();
    return this.tx.flush();
  }

  async manager(): Promise<EntityManager> {
    if (this.redirect)
      throw new RebuildUnsupported(
        'A handler that writes through TypeORM cannot be rebuilt beside the tables in place: use statements or put',
      );
    this.settle();
    return this.tx.manager();
  }

  afterCommit(work: () => void): void {
    this.tx.afterCommit(work);
  }

  /** Queues the rows that are kept. */
  settle(): void {
    this.writes.write(this.tx);
  }

  private led(statement: Statement): Statement {
    return this.redirect ? this.redirect.statement(statement) : statement;
  }
}
