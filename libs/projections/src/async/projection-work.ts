import { tracingChannel } from 'node:diagnostics_channel';
import type { Database } from '@acci/database';
import { formatPosition, type EventStore, type Position, type RecordedEvent } from '@acci/event-store';
import type { Logger } from '@nestjs/common';
import { applyEvents, clearTables } from '../apply-events.js';
import type { RegisteredProjection } from '../projection-registry.js';
import type { RunnerSettings } from '../projections.options.js';
import { backoffMs, failureOf, isUnavailable } from './failures.js';
import { leaseLost, type Lease, type Leases } from './leases.js';
import { isAfter, pause, type LogWatch } from './log-watch.js';

/** What all projections of a runner share. */
export interface WorkTools {
  readonly database: Database;
  readonly store: EventStore;
  readonly leases: Leases;
  readonly log: LogWatch;
  readonly settings: RunnerSettings;
  readonly logger: Logger;
}

/** A stretch of the log: the projection's events in it, and how far it reaches. */
interface Stretch {
  readonly events: readonly RecordedEvent[];
  readonly through: Position;
  /** True if nothing was known to follow when it was read. */
  readonly caughtUp: boolean;
}

/** The work has stopped, or its projection has halted. */
class WorkEnded extends Error {}

const channel = tracingChannel('acci:projection');
// A projection that most events pass by need not write that down for each of them.
const quietMs = 50;

/**
 * Takes one projection along the log for as long as one lease lasts. Each stretch is one transaction, together with
 * its checkpoint; the next stretch is read meanwhile.
 */
export class ProjectionWork {
  private readonly stopped = new AbortController();
  private checkpoint: Position | undefined;
  private attempts: number;

  constructor(
    private readonly projection: RegisteredProjection,
    private readonly lease: Lease,
    private readonly tools: WorkTools,
  ) {
    this.checkpoint = lease.checkpoint;
    this.attempts = lease.attempts;
  }

  /** True until the work was told to stop, or ended by itself. */
  get active(): boolean {
    return !this.stopped.signal.aborted;
  }

  /**
   * True if it works under this lease, which may have been renewed since. Not if the projection is less far than the
   * work believes: it was on a primary that had not passed on its last steps when a replica took over.
   */
  worksUnder({ generation, checkpoint }: Lease): boolean {
    return this.active && this.lease.generation === generation && !isAfter(this.checkpoint, checkpoint);
  }

  /** Lets {@link run} end after the transaction under way. */
  stop(): void {
    this.stopped.abort();
    this.tools.log.wake();
  }

  /** Works until it is stopped, loses its lease or halts. It does not throw. */
  async run(): Promise<void> {
    try {
      for (let next = this.read(this.checkpoint); ;) {
        const stretch = await next;
        if (!stretch) return;
        next = this.read(stretch.through);
        await this.handle(stretch);
        if (stretch.events.length === 0) await pause(quietMs, this.stopped.signal);
      }
    } catch (error) {
      if (error instanceof WorkEnded || leaseLost(error)) return;
      this.tools.logger.error(`${this.projection.name} stopped unexpectedly: ${String(error)}`);
    } finally {
      this.stop();
    }
  }

  /** The next stretch, once there is one; undefined when the work ends first. Reads again until a read succeeds. */
  private async read(after: Position | undefined): Promise<Stretch | undefined> {
    const { log, store, settings, logger } = this.tools;
    const { name, types } = this.projection;
    for (let failures = 1; ; failures += 1) {
      await log.goesOnAfter(after, this.stopped.signal);
      // Asked for before reading: what is read reaches at least this far.
      const { head } = log;
      if (!this.active || !head) return undefined;
      try {
        const events = await store.readAll(after, settings.batchSize, { types });
        const last = events.at(-1)?.position;
        const caughtUp = events.length < settings.batchSize;
        return { events, through: last && (!caughtUp || isAfter(last, head)) ? last : head, caughtUp };
      } catch (error) {
        logger.warn(`The events for ${name} cannot be read: ${String(error)}`);
        await pause(backoffMs(failures, settings.retry), this.stopped.signal);
      }
    }
  }

  private async handle({ events, through, caughtUp }: Stretch): Promise<void> {
    if (this.attempts === 0) {
      try {
        await this.commit(events, through, caughtUp);
        return;
      } catch (error) {
        if (error instanceof WorkEnded || leaseLost(error)) throw error;
      }
    }
    // One of these events cannot be handled. One at a time shows which, and keeps those before it. What was stored as
    // one event and is read as several has one position, so that the checkpoint can only pass all of them.
    const stored = Map.groupBy(events, ({ position }) => formatPosition(position));
    for (const parts of stored.values()) await this.handleStubbornly(parts);
    if (isAfter(through, this.checkpoint)) await this.commit([], through, caughtUp);
  }

  private async handleStubbornly(parts: readonly RecordedEvent[]): Promise<void> {
    const event = parts[0] as RecordedEvent;
    for (let handled = false; !handled;) {
      try {
        await this.commit(parts, event.position, false);
        handled = true;
      } catch (error) {
        if (error instanceof WorkEnded || leaseLost(error)) throw error;
        await this.noteFailure(event, error);
      }
    }
  }

  private async noteFailure(event: RecordedEvent, error: unknown): Promise<void> {
    const { leases, logger, settings } = this.tools;
    const { retry } = settings;
    this.attempts += 1;
    const { attempts, checkpoint: from, lease } = this;
    const failure = failureOf(event, error);
    const halt = attempts >= retry.attempts;
    await this.untilAvailable(() => leases.recordFailure(lease, { from, attempts, failure, halt }));
    const what = `${lease.name} at ${failure.position} (${failure.eventType}, attempt ${attempts}): ${failure.message}`;
    if (halt) {
      logger.error(`Halted ${what}`);
      throw new WorkEnded();
    }
    logger.warn(`Failed ${what}`);
    await pause(backoffMs(attempts, retry), this.stopped.signal);
  }

  /**
   * Handles the events and moves the checkpoint, all in one transaction or not at all. If the connection breaks at
   * the commit, nobody knows which: if it was kept, trying again ends as a lost lease does, and the next work begins
   * at the checkpoint that was kept.
   */
  private async commit(
    events: readonly RecordedEvent[],
    through: Position,
    caughtUp: boolean,
  ): Promise<void> {
    const { database, leases } = this.tools;
    const { name, handler, tables } = this.projection;
    const from = this.checkpoint;
    const transact = (): Promise<void> =>
      database.asSystem(`project ${name}`, async (tx) => {
        if (!from) await clearTables(tx, tables);
        await applyEvents(database, handler, events);
        leases.saveCheckpoint(tx, this.lease, { from, through, caughtUp });
      });
    const attributes = { 'acci.projection': name, 'acci.events': events.length };
    await this.untilAvailable(() =>
      channel.hasSubscribers
        ? channel.tracePromise(transact, { name: `project ${name}`, attributes })
        : transact(),
    );
    this.checkpoint = through;
    this.attempts = 0;
  }

  /** Tries for as long as the database is not there. @throws {WorkEnded} when the work is stopped before. */
  private async untilAvailable(work: () => Promise<void>): Promise<void> {
    const { logger, settings } = this.tools;
    for (let failures = 1; this.active; failures += 1) {
      try {
        await work();
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        logger.warn(`${this.projection.name} waits for the database: ${String(error)}`);
        await pause(backoffMs(failures, settings.retry), this.stopped.signal);
      }
    }
    throw new WorkEnded();
  }
}
