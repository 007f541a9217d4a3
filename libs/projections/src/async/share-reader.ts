import { comparePositions, type LogFilter, type Position, type RecordedEvent } from '@acci/event-store';
import { backoffMs } from './failures.js';
import type { Lease } from './leases.js';
import { isAfter, pause } from './log-watch.js';
import type { WorkTools } from './work-tools.js';

/** A stretch of the log: a share's events in it, and how far it reaches. */
export interface Stretch {
  readonly events: readonly RecordedEvent[];
  readonly through: Position;
  /** True if nothing was known to follow when it was read. */
  readonly caughtUp: boolean;
}

/** Reads the log for one share. */
export class ShareReader {
  private readonly filter: LogFilter;

  /** @param whose see `whoseEvents`. */
  constructor(
    private readonly tools: Pick<WorkTools, 'log' | 'store' | 'settings' | 'logger'>,
    types: readonly string[],
    private readonly lease: Lease,
    whose: LogFilter,
    private readonly what: string,
    private readonly signal: AbortSignal,
  ) {
    this.filter = { types, ...whose };
  }

  /** The next stretch, once there is one; undefined when the work ends first. Reads again until a read succeeds. */
  async read(after: Position | undefined): Promise<Stretch | undefined> {
    const { log, store, settings, logger } = this.tools;
    for (let failures = 1; ; failures += 1) {
      await log.goesOnAfter(after, this.signal);
      // Asked for before reading: what is read reaches at least this far.
      const { head } = log;
      if (this.signal.aborted || !head) return undefined;
      // Nobody was chosen: there is nothing to look for.
      if (this.filter.tenants?.length === 0)
        return this.upToStop({ events: [], through: head, caughtUp: true });
      try {
        const events = await store.readAll(after, settings.batchSize, this.filter);
        const last = events.at(-1)?.position;
        const caughtUp = events.length < settings.batchSize;
        const through = last && (!caughtUp || isAfter(last, head)) ? last : head;
        return this.upToStop({ events, through, caughtUp });
      } catch (error) {
        logger.warn(`The events for ${this.what} cannot be read: ${String(error)}`);
        await pause(backoffMs(failures, settings.retry), this.signal);
      }
    }
  }

  private upToStop(stretch: Stretch): Stretch {
    const { stopAt } = this.lease;
    if (!stopAt || comparePositions(stretch.through, stopAt) <= 0) return stretch;
    const events = stretch.events.filter(({ position }) => comparePositions(position, stopAt) <= 0);
    return { events, through: stopAt, caughtUp: false };
  }
}
