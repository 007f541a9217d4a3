import { serialised, type StatementResult } from './batch.js';
import { DatabaseBusy, endsConnection } from './database.errors.js';
import type { Login } from './login.js';
import type { BoundStatement } from './statement.js';

/** Most reads that travel together. It bounds how long the last one waits for those before it. */
const longestTrain = 32;

/** Most connections at once, so that reads behind a slow one still find another way. */
const mostTrains = 4;

interface Read {
  readonly tenantId: string;
  readonly bound: BoundStatement;
  readonly askedAt: number;
  resolve(result: StatementResult): void;
  reject(error: unknown): void;
}

/**
 * Sends reads that callers of this process ask for at the same time in one round trip and one read-only transaction,
 * in which each sets its own tenant first. Under load that spares both sides most of their system calls; a read that
 * nobody else joins travels alone.
 *
 * Reads share nothing but the way: when one fails, those before it have their rows, and those after it travel again.
 */
export class SharedReads {
  private waiting: Read[] = [];
  private departing = false;
  private trains = 0;
  private watch: NodeJS.Timeout | undefined;

  constructor(private readonly login: Login) {}

  /**
   * @throws {DatabaseBusy} if all connections for such reads are taken, and none comes free in time.
   */
  read(tenantId: string, bound: BoundStatement): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      const askedAt = performance.now();
      this.waiting.push({ tenantId, bound: serialised(bound), askedAt, resolve, reject });
      this.depart();
    });
  }

  /** At the end of this turn of the event loop, with all that was asked for in it. */
  private depart(): void {
    if (this.departing || this.waiting.length === 0) return;
    if (this.trains === mostTrains) {
      this.watchWaiting();
      return;
    }
    this.departing = true;
    setImmediate(() => {
      this.departing = false;
      const train = this.waiting.splice(0, longestTrain);
      this.trains += 1;
      void this.send(train).finally(() => {
        this.trains -= 1;
        this.depart();
      });
      this.depart();
    });
  }

  private async send(train: readonly Read[]): Promise<void> {
    const results: StatementResult[] = [];
    const done = () => Math.floor(results.length / 2);
    const answer = () => {
      for (const [index, { resolve }] of train.slice(0, done()).entries()) {
        resolve(results[2 * index + 1] as StatementResult);
      }
    };
    try {
      await this.login.send(this.statementsOf(train), results);
      answer();
    } catch (error) {
      answer();
      const [failed, ...behind] = train.slice(done());
      failed?.reject(error);
      // A statement's error is its own; a connection's is that of all who were on it.
      if (!endsConnection(error)) this.waiting.unshift(...behind);
      else for (const { reject } of behind) reject(error);
    }
  }

  private statementsOf(train: readonly Read[]): BoundStatement[] {
    return train.flatMap(({ tenantId, bound }, index) => [
      index === 0 ? this.login.openingReadOnly(tenantId) : this.login.openingOf(tenantId),
      bound,
    ]);
  }

  /** While no train can leave, nothing else would tell those who wait that they have waited long enough. */
  private watchWaiting(): void {
    const [oldest] = this.waiting;
    if (!oldest || this.watch) return;
    const { acquireTimeoutMs } = this.login;
    const remaining = oldest.askedAt + acquireTimeoutMs - performance.now();
    this.watch = setTimeout(
      () => {
        this.watch = undefined;
        const expired = performance.now() - acquireTimeoutMs;
        const late = this.waiting.filter(({ askedAt }) => askedAt <= expired);
        this.waiting = this.waiting.filter(({ askedAt }) => askedAt > expired);
        for (const { reject } of late) reject(new DatabaseBusy('Every connection for reads is in use'));
        this.depart();
      },
      Math.max(1, Math.ceil(remaining)),
    ).unref();
  }
}
