import { setTimeout as sleep } from 'node:timers/promises';
import { comparePositions, type EventStore, type Position } from '@acci/event-store';
import type { Logger } from '@nestjs/common';
import type { RunnerSettings } from '../projections.options.js';

// Appends in this process announce themselves, a thousand times a second if need be; the log is not asked as often.
const pauseMs = 5;

/**
 * Knows where the log ends, and wakes those who wait for more. One for all projections of a process, so that an idle
 * process asks one small question now and then, however many projections it runs.
 */
export class LogWatch {
  private current: Position | undefined;
  private moved = Promise.withResolvers<void>();
  private nudged = new AbortController();
  private readonly first = Promise.withResolvers<void>();

  constructor(
    private readonly store: EventStore,
    private readonly poll: RunnerSettings['poll'],
    private readonly logger: Logger,
  ) {}

  /** The last settled event that was seen. */
  get head(): Position | undefined {
    return this.current;
  }

  /** True if nothing has ever been appended; waits until that is known. */
  async isEmpty(): Promise<boolean> {
    await this.first.promise;
    return this.current === undefined;
  }

  /** Follows the log until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const unsubscribe = this.store.onCommitted(() => this.nudged.abort());
    const { minMs, maxMs } = this.poll;
    for (let idleMs = minMs; !signal.aborted;) {
      // Before looking: whatever is announced from here on asks for another look.
      this.nudged = new AbortController();
      const moved = await this.look();
      await pause(pauseMs, signal);
      idleMs = moved ? minMs : Math.min(idleMs * 2, maxMs);
      await pause(idleMs, AbortSignal.any([signal, this.nudged.signal]));
      if (this.nudged.signal.aborted) idleMs = minMs;
    }
    unsubscribe();
    this.first.resolve();
    this.wake();
  }

  /** Resolves once the log goes on after a position, or once the signal has aborted and {@link wake} was called. */
  async goesOnAfter(position: Position | undefined, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !isAfter(this.current, position)) await this.moved.promise;
  }

  /** Lets everyone who waits look again. */
  wake(): void {
    this.moved.resolve();
    this.moved = Promise.withResolvers<void>();
  }

  /** Asks for the end of the log; true if it has moved. A failure is left to the next time. */
  private async look(): Promise<boolean> {
    try {
      const head = await this.store.head();
      // Elsewhere, not only further: a standby that took over may lack the last events.
      const moved = head !== undefined && !(this.current && comparePositions(head, this.current) === 0);
      if (moved) this.current = head;
      this.first.resolve();
      if (moved) this.wake();
      return moved;
    } catch (error) {
      this.logger.warn(`The end of the event log cannot be read: ${String(error)}`);
      return false;
    }
  }
}

/** True if there is a first position and it comes after the second, or there is no second. */
export function isAfter(a: Position | undefined, b: Position | undefined): a is Position {
  return a !== undefined && (b === undefined || comparePositions(a, b) > 0);
}

/** Sleeps, less long if the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
