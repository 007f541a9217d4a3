import { serialised, type StatementResult } from './batch.js';
import { endsConnection } from './database.errors.js';
import type { Login } from './login.js';
import { MicroBatcher } from './micro-batcher.js';
import type { BoundStatement } from './statement.js';

interface Read {
  readonly tenantId: string;
  readonly bound: BoundStatement;
  readonly resolve: (result: StatementResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends reads that callers of this process ask for at the same time in one round trip and one read-only transaction,
 * in which each sets its own tenant first. Under load that spares both sides most of their system calls; a read that
 * nobody else joins travels alone.
 *
 * Reads share nothing but the way: when one fails, those before it have their rows, and those after it travel again.
 */
export class SharedReads {
  private readonly batcher: MicroBatcher<Read>;

  constructor(private readonly login: Login) {
    this.batcher = new MicroBatcher({
      // It bounds how long the last one waits for those before it.
      size: 32,
      // Reads behind a slow one still find another way.
      concurrency: 4,
      patienceMs: login.acquireTimeoutMs,
      send: (reads) => this.send(reads),
    });
  }

  /**
   * @throws {DatabaseBusy} if all connections for such reads are taken, and none comes free in time.
   */
  read(tenantId: string, bound: BoundStatement): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      this.batcher.add({ tenantId, bound: serialised(bound), resolve, reject });
    });
  }

  private async send(reads: readonly Read[]): Promise<void> {
    const results: StatementResult[] = [];
    let failure: unknown;
    try {
      await this.login.send(this.statementsOf(reads), results);
    } catch (error) {
      failure = error;
    }
    const done = Math.floor(results.length / 2);
    for (let index = 0; index < done; index += 1) {
      reads[index]?.resolve(results[2 * index + 1] as StatementResult);
    }
    if (done === reads.length) return;
    const [failed, ...behind] = reads.slice(done);
    failed?.reject(failure);
    // A statement's error is its own; a connection's is that of all who were on it.
    if (endsConnection(failure)) for (const { reject } of behind) reject(failure);
    else this.batcher.addAgain(behind);
  }

  private statementsOf(reads: readonly Read[]): BoundStatement[] {
    return reads.flatMap(({ tenantId, bound }, index) => [
      index === 0 ? this.login.openingReadOnly(tenantId) : this.login.openingOf(tenantId),
      bound,
    ]);
  }
}
