import { DatabaseBusy } from './database.errors.js';

/** How a {@link MicroBatcher} works. */
export interface MicroBatcherOptions<T> {
  /** Most items in one batch. */
  readonly size: number;
  /** Most batches under way. */
  readonly concurrency: number;
  /** How long an item may wait for its batch, in milliseconds, before {@link DatabaseBusy}. */
  readonly patienceMs: number;
  /** Sends a batch and answers each of its items. It must not throw. */
  readonly send: (items: readonly T[]) => Promise<void>;
}

/**
 * Sends together what is asked for at the same time. A batch leaves at the end of a turn of the event loop, with
 * all that was asked for in it; while as many as may be are under way, what comes in waits for the next.
 *
 * @example
 * const lookups = new MicroBatcher<Lookup>({ size: 32, concurrency: 2, patienceMs: 5_000, send: (items) => lookUp(items) });
 * const name = await new Promise((resolve, reject) => lookups.add({ id, resolve, reject }));
 */
export class MicroBatcher<T extends { readonly reject: (error: unknown) => void }> {
  private waiting: { readonly item: T; readonly since: number }[] = [];
  private leaving = false;
  private underWay = 0;
  private watch: NodeJS.Timeout | undefined;

  constructor(private readonly options: MicroBatcherOptions<T>) {}

  /** True while nothing waits and nothing is under way. */
  get idle(): boolean {
    return this.underWay === 0 && this.waiting.length === 0;
  }

  add(item: T): void {
    this.waiting.push({ item, since: performance.now() });
    this.sendNext();
  }

  /** For items that their batch could not serve through no fault of theirs: they are the next to leave. */
  addAgain(items: readonly T[]): void {
    const since = performance.now();
    this.waiting.unshift(...items.map((item) => ({ item, since })));
    this.sendNext();
  }

  private sendNext(): void {
    if (this.leaving || this.waiting.length === 0) return;
    if (this.underWay === this.options.concurrency) {
      this.watchWaiting();
      return;
    }
    this.leaving = true;
    setImmediate(() => {
      this.leaving = false;
      const batch = this.waiting.splice(0, this.options.size).map(({ item }) => item);
      if (batch.length === 0) return;
      this.underWay += 1;
      void this.options.send(batch).finally(() => {
        this.underWay -= 1;
        this.sendNext();
      });
      this.sendNext();
    });
  }

  /** While no batch can leave, nothing else would tell an item that it has waited long enough. */
  private watchWaiting(): void {
    const [oldest] = this.waiting;
    if (!oldest || this.watch) return;
    const { patienceMs } = this.options;
    const remaining = oldest.since + patienceMs - performance.now();
    this.watch = setTimeout(
      () => {
        this.watch = undefined;
        const expired = performance.now() - patienceMs;
        const late = this.waiting.filter(({ since }) => since <= expired);
        this.waiting = this.waiting.filter(({ since }) => since > expired);
        for (const { item } of late) item.reject(new DatabaseBusy('Every database connection is in use'));
        this.sendNext();
      },
      Math.max(1, Math.ceil(remaining)),
    ).unref();
  }
}
