/** How much a {@link WorkQueue} takes on. */
export interface WorkQueueLimits {
  /** Most that runs at the same time. */
  readonly concurrency: number;
  /** Most that waits for its turn. */
  readonly maxWaiting: number;
}

/**
 * Runs dear work, a bounded amount of it at a time, first come first served; what finds no place to wait in is refused
 * at once, at no cost.
 *
 * @example
 * const queue = new WorkQueue({ concurrency: 1, maxWaiting: 64 }, (ms) => new LoginOverloaded(ms));
 * const hash = await queue.run(() => argon2(password));
 */
export class WorkQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** How long a piece of work took lately, in milliseconds: a moving average. */
  private usualMs = 50;

  /** @param refusal made for whom there is no place, with the milliseconds until there may be one. */
  constructor(
    private readonly limits: WorkQueueLimits,
    private readonly refusal: (retryAfterMs: number) => Error,
  ) {}

  /** Fails as {@link run} would, before anything else is done for whoever would only be refused. */
  assertRoom(): void {
    if (this.running < this.limits.concurrency || this.waiting.length < this.limits.maxWaiting) return;
    throw this.refusal(((this.waiting.length + 1) * this.usualMs) / this.limits.concurrency);
  }

  /** @param isGone whether whoever wants it has gone meanwhile; asked when its turn comes, and then it is refused. */
  async run<T>(work: () => Promise<T>, isGone = () => false): Promise<T> {
    this.assertRoom();
    if (this.running < this.limits.concurrency) this.running += 1;
    // Whoever ends hands its place over, so that nobody who comes in between takes it.
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      if (isGone()) throw this.refusal(0);
      return await this.measured(work);
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private async measured<T>(work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      this.usualMs += (performance.now() - begun - this.usualMs) / 10;
    }
  }
}
