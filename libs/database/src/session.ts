import type { PoolClient } from 'pg';
import type { EntityManager, QueryRunner } from 'typeorm';
import { sendBatch, type StatementResult } from './batch.js';
import {
  isReadOnlyRefusal,
  spoilsConnection,
  TransactionAborted,
  TransactionClosed,
} from './database.errors.js';
import type { Login } from './login.js';
import { bind, prepared, type BoundStatement } from './statement.js';
import type { Queued, TransactionOptions } from './transaction.js';

const commit = bind(prepared('commit'));
const rollback = bind('rollback');

class QueuedStatement implements Queued<Record<string, unknown>> {
  result: StatementResult | undefined;
  constructor(readonly bound: BoundStatement) {}

  get rows(): Record<string, unknown>[] {
    if (!this.result) throw new Error('The rows of a queued statement were read before it was sent');
    return this.result.rows;
  }
}

/** What TypeORM keeps about a runner's connection and transaction; set by hand because we begin and commit. */
interface BorrowedRunner extends Omit<QueryRunner, 'isTransactionActive'> {
  databaseConnection: PoolClient;
  isTransactionActive: boolean;
  transactionDepth: number;
}

/** One physical transaction: a queue of statements and, once something was sent, a connection. */
export class Session {
  private queue: QueuedStatement[] = [];
  private client: PoolClient | undefined;
  private runner: BorrowedRunner | undefined;
  private tail: Promise<unknown> = Promise.resolve();
  private broken = false;
  private closed = false;
  private readonly committed: (() => void)[] = [];

  constructor(
    private readonly login: Login,
    private readonly tenantId: string | undefined,
    private readonly options: TransactionOptions,
  ) {}

  enqueue(bound: BoundStatement): QueuedStatement {
    if (this.closed) throw new TransactionClosed('The transaction was used after its work had ended');
    const queued = new QueuedStatement(bound);
    this.queue.push(queued);
    return queued;
  }

  afterCommit(work: () => void): void {
    this.committed.push(work);
  }

  /** Sends the queue. Flushes that overlap go one after the other, each with what was queued until its turn. */
  flush(): Promise<void> {
    const sent = this.tail.then(() => this.sendQueue());
    this.tail = sent.catch(() => {});
    return sent;
  }

  async manager(): Promise<EntityManager> {
    if (!this.runner) {
      await this.begin();
      const runner = this.login.source.createQueryRunner() as unknown as BorrowedRunner;
      runner.databaseConnection = this.client as PoolClient;
      runner.isTransactionActive = true;
      // Depth 1, so that a transaction which TypeORM starts inside becomes a savepoint of ours.
      runner.transactionDepth = 1;
      this.runner = runner;
    }
    await this.flush();
    return this.runner.manager;
  }

  /** Sends what is left and commits; one round trip for all of it where nothing had been sent before. */
  async commit(): Promise<void> {
    await this.tail;
    this.closed = true;
    const queue = this.takeQueue();
    if (this.client) {
      const results = await this.send([...queue.map(({ bound }) => bound), commit]);
      fulfil(queue, results);
      // PostgreSQL answers COMMIT in a failed transaction with a silent ROLLBACK.
      if (results.at(-1)?.tag !== 'COMMIT')
        throw new TransactionAborted('A statement of the transaction had failed; nothing was committed');
    } else if (queue.length > 0) {
      await this.sendImplicit(queue);
    }
    this.release();
    for (const work of this.committed) work();
  }

  /** @param reason what the work failed with, which may have come past us: TypeORM has our connection too. */
  async rollback(reason: unknown): Promise<void> {
    this.broken ||= isReadOnlyRefusal(reason);
    this.closed = true;
    this.takeQueue();
    await this.tail;
    if (this.client && !this.broken) {
      await this.send([rollback]).catch(() => {
        this.broken = true;
      });
    }
    this.release();
  }

  private async sendQueue(): Promise<void> {
    if (this.queue.length === 0) return;
    const opening = this.client ? [] : await this.open();
    const queue = this.takeQueue();
    const results = await this.send([...opening, ...queue.map(({ bound }) => bound)]);
    fulfil(queue, results.slice(opening.length));
  }

  private async begin(): Promise<void> {
    if (this.client) return;
    const begun = this.tail.then(async () => {
      if (!this.client) await this.send(await this.open());
    });
    this.tail = begun.catch(() => {});
    await begun;
  }

  private async open(): Promise<BoundStatement[]> {
    this.client = await this.login.acquire();
    const opening = this.login.opening(this.tenantId);
    return opening ? [this.beginStatement(), opening] : [this.beginStatement()];
  }

  /** All that the work queued, as one implicit transaction: it begins with the first statement, ends with Sync. */
  private async sendImplicit(queue: QueuedStatement[]): Promise<void> {
    const { isolation, readOnly } = this.options;
    const opening =
      isolation || readOnly
        ? await this.open()
        : [this.login.opening(this.tenantId)].filter((s) => s !== undefined);
    this.client ??= await this.login.acquire();
    const explicit = isolation || readOnly ? [commit] : [];
    const results = await this.send([...opening, ...queue.map(({ bound }) => bound), ...explicit]);
    fulfil(queue, results.slice(opening.length));
  }

  private async send(statements: readonly BoundStatement[]): Promise<StatementResult[]> {
    try {
      return await sendBatch(this.client as PoolClient, statements);
    } catch (error) {
      this.broken ||= spoilsConnection(error);
      throw error;
    }
  }

  private takeQueue(): QueuedStatement[] {
    const queue = this.queue;
    this.queue = [];
    return queue;
  }

  private release(): void {
    // Our client stays ours: released, the runner only refuses further use.
    void this.runner?.release();
    this.client?.release(this.broken);
    this.client = undefined;
  }

  private beginStatement(): BoundStatement {
    const { isolation, readOnly } = this.options;
    return bind(begins[`${isolation ?? ''}${readOnly ? ' read only' : ''}`] as ReturnType<typeof prepared>);
  }
}

const begins: Record<string, ReturnType<typeof prepared>> = Object.fromEntries(
  ['', 'repeatable read', 'serializable'].flatMap((level) =>
    ['', ' read only'].map((mode) => [
      `${level}${mode}`,
      prepared(['begin', level && `isolation level ${level}`, mode.trim()].filter(Boolean).join(' ')),
    ]),
  ),
);

function fulfil(queue: readonly QueuedStatement[], results: readonly StatementResult[]): void {
  for (const [index, queued] of queue.entries()) queued.result = results[index];
}
