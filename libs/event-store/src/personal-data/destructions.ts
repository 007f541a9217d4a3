import { AsyncLocalStorage } from 'node:async_hooks';
import type { Database } from '@acci/database';
import { selectDestructions, type DestructionRow } from './key-statements.js';

/** Whose keys were destroyed: a subject's, or all of a tenant's. */
export interface Destruction {
  readonly tenantId: string;
  readonly subject: string | undefined;
}

/** How long a cached key may be used without asking whether it was destroyed. */
const trustedMs = 1_000;

/**
 * Hears of keys that any process destroyed. A key that was destroyed a second ago is used by nobody: whoever wants
 * one from a cache asks {@link confirm} first, and while keys are cached a timer asks all the time, so that it
 * seldom has to wait. There is nothing to miss: what is asked for is what was committed since the last answer.
 */
export class Destructions {
  /** Grows with every destruction that was heard of: what was read before may be out of date. */
  generation = 0;

  // Outside of any transaction that is open where a key is needed: it might look at an older state of the database.
  private readonly outside = AsyncLocalStorage.snapshot();
  private confirmedAt = Number.NEGATIVE_INFINITY;
  private horizon: string | undefined;
  private epoch: number | undefined;
  private asking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param destroyed is told of each; of undefined when nobody can say which keys are still there. */
  constructor(
    private readonly database: Database,
    private readonly destroyed: (destruction: Destruction | undefined) => void,
  ) {}

  /** True if every destruction is known that was committed more than a second ago. */
  get confirmed(): boolean {
    return performance.now() - this.confirmedAt < trustedMs;
  }

  /** Asks, or waits for the answer of whoever is asking already. */
  confirm(): Promise<void> {
    this.asking ??= this.outside(() => this.ask()).finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** Goes on asking for as long as `wanted` says so. Does not keep the process alive. */
  watch(wanted: () => boolean): void {
    if (this.timer || this.closed) return;
    this.timer = setInterval(() => {
      if (!wanted()) return this.unwatch();
      // A failure is for the next one to meet who needs a key: nobody uses one that was not confirmed.
      this.confirm().catch(() => {});
    }, trustedMs / 2);
    this.timer.unref();
  }

  /** What this process destroyed itself is known at once. */
  note(destruction: Destruction): void {
    this.generation += 1;
    this.destroyed(destruction);
  }

  close(): void {
    this.closed = true;
    this.unwatch();
  }

  private unwatch(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async ask(): Promise<void> {
    const askedAt = performance.now();
    const rows = await this.database.queryAsSystem<DestructionRow>(
      'hear of destroyed keys',
      selectDestructions,
      [this.horizon ?? null],
    );
    const [{ horizon, epoch } = { horizon: undefined, epoch: undefined }] = rows;
    // In another cluster transactions are counted anew, so what was destroyed there since then cannot be told.
    if (this.epoch !== undefined && this.epoch !== epoch) {
      this.generation += 1;
      this.destroyed(undefined);
    }
    for (const { tenant_id: tenantId, subject } of rows)
      if (tenantId !== null) this.note({ tenantId, subject: subject ?? undefined });
    this.horizon = horizon;
    this.epoch = epoch;
    this.confirmedAt = askedAt;
  }
}
