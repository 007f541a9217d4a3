import { tracingChannel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { comparePositions, formatPosition, type Position, type RecordedEvent } from '@acci/event-store';
import { applyEvents } from '../apply-events.js';
import type { RegisteredProjection } from '../projection-registry.js';
import type { BuildTables } from '../table/build-tables.js';
import { beforeAll } from '../projection-state.js';
import { endCleared } from '../shares.js';
import { clearShare } from './clear-share.js';
import { backoffMs, failureOf, isUnavailable } from './failures.js';
import { rejoin, splitOff, whoseEvents } from './joining.js';
import { leaseLost, LeaseLost, type Lease } from './leases.js';
import { isAfter, pause } from './log-watch.js';
import { ShareReader, type Stretch } from './share-reader.js';
import type { WorkTools } from './work-tools.js';

/** The work has stopped, or its share has halted. */
class WorkEnded extends Error {}

const channel = tracingChannel('acci:projection');
// A projection that most events pass by need not write that down for each of them.
const quietMs = 50;
// How soon a tenant that could not join its bucket tries again, while nothing is appended.
const joinAgainMs = 1_000;
// How often a tenant that has caught up asks whether its bucket has, before it goes on by itself.
const mostTries = 40;

/**
 * Takes one share of a build along the log for as long as one lease lasts. Each stretch is one transaction, together
 * with its checkpoint; the next stretch is read meanwhile.
 */
export class ProjectionWork {
  private readonly stopped = new AbortController();
  private readonly what: string;
  private checkpoint: Position | undefined;
  private attempts: number;

  constructor(
    private readonly projection: RegisteredProjection,
    private readonly lease: Lease,
    private readonly tools: WorkTools,
  ) {
    this.what = `${projection.name} (build ${lease.build.build}, share ${lease.share})`;
    this.checkpoint = lease.checkpoint;
    this.attempts = lease.attempts;
  }

  /** True until the work was told to stop, or ended by itself. */
  get active(): boolean {
    return !this.stopped.signal.aborted;
  }

  /**
   * True if it works under this lease, which may have been renewed since. Not if the share is less far than the work
   * believes: it was on a primary that had not passed on its last steps when a replica took over.
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
      const tables = await this.untilAvailable(() => this.tools.builds.tablesOf(this.lease.build));
      if (this.lease.status === 'off') await this.clear(tables);
      else await this.follow(tables);
    } catch (error) {
      if (leaseLost(error)) this.tools.wake();
      else if (!(error instanceof WorkEnded))
        this.tools.logger.error(`${this.what} stopped unexpectedly: ${String(error)}`);
    } finally {
      this.stop();
    }
  }

  /** What an operator's process left who was killed when it switched the projection off for a tenant. */
  private async clear(tables: BuildTables): Promise<void> {
    await this.commit(tables, [], beforeAll);
    const { database } = this.tools;
    const { build, share } = this.lease;
    await this.untilAvailable(() =>
      database.asSystem('end a share', async (tx) => endCleared(tx, { ...build, share })),
    );
  }

  private async follow(tables: BuildTables): Promise<void> {
    const { database, log, caughtUp } = this.tools;
    const { lease, stopped } = this;
    if (lease.build.status === 'filling' && (await log.isEmpty())) caughtUp(lease.build);
    const whose = await this.untilAvailable(() => whoseEvents(database, lease));
    const reader = new ShareReader(
      this.tools,
      this.projection.types,
      lease,
      whose,
      this.what,
      stopped.signal,
    );
    let arrived = false;
    for (let next = reader.read(this.checkpoint); ;) {
      const stretch = await next;
      if (!stretch) return;
      next = reader.read(stretch.through);
      await this.handle(tables, stretch);
      if (!arrived && lease.build.status === 'filling' && stretch.caughtUp) {
        arrived = !isAfter(log.head, stretch.through);
        if (arrived) caughtUp(lease.build);
      }
      if (lease.tenantId && stretch.caughtUp) {
        // Until there is more: of a bucket that goes on at last nobody would be told.
        do {
          if (await this.join(tables)) return;
        } while (!(await comesWithin(next, joinAgainMs)));
      }
      if (stretch.events.length === 0) await pause(quietMs, stopped.signal);
    }
  }

  private async handle(tables: BuildTables, { events, through }: Stretch): Promise<void> {
    if (this.attempts === 0) {
      try {
        await this.commit(tables, events, through);
        return;
      } catch (error) {
        if (error instanceof WorkEnded || leaseLost(error)) throw error;
      }
    }
    // What a failing event must not undo: it is not known to be the first of the log.
    if (!this.checkpoint) await this.commit(tables, [], beforeAll);
    // One of these events cannot be handled. One at a time shows which, and keeps those before it. What was stored as
    // one event and is read as several has one position, so that the checkpoint can only pass all of them.
    const stored = Map.groupBy(events, ({ position }) => formatPosition(position));
    for (const parts of stored.values()) await this.handleStubbornly(tables, parts);
    if (isAfter(through, this.checkpoint)) await this.commit(tables, [], through);
  }

  private async handleStubbornly(tables: BuildTables, parts: readonly RecordedEvent[]): Promise<void> {
    const event = parts[0] as RecordedEvent;
    for (let handled = false; !handled;) {
      try {
        await this.commit(tables, parts, event.position);
        handled = true;
      } catch (error) {
        if (error instanceof WorkEnded || leaseLost(error)) throw error;
        await this.noteFailure(event, error);
      }
    }
  }

  /** In a bucket, the tenant of the event gets a share of its own, to try again there: the others need not wait. */
  private async noteFailure(event: RecordedEvent, error: unknown): Promise<void> {
    const { database, leases, logger, settings, wake } = this.tools;
    const { retry } = settings;
    this.attempts += 1;
    const { attempts, checkpoint: from, lease } = this;
    const failure = failureOf(event, error);
    const halt = attempts >= retry.attempts;
    const failed = { from, attempts, failure, halt };
    await this.untilAvailable(() =>
      lease.tenantId ? leases.recordFailure(lease, failed) : splitOff(database, lease, failed),
    );
    const what = `${this.what} at ${failure.position} (${failure.eventType}, attempt ${attempts}): ${failure.message}`;
    if (halt) logger.error(`Halted ${what}`);
    else logger.warn(`Failed ${what}`);
    if (!lease.tenantId) wake();
    if (halt || !lease.tenantId) throw new WorkEnded();
    await pause(backoffMs(attempts, retry), this.stopped.signal);
  }

  /**
   * Ends the tenant's own share if its bucket is where it is, or further; waits a moment for a bucket that is not. True
   * if it has ended.
   */
  private async join(tables: BuildTables): Promise<boolean> {
    const { lease, checkpoint: from, projection, tools } = this;
    if (!from || lease.stopAt) return false;
    for (let tries = 0; this.active && tries < mostTries; tries += 1) {
      const outcome = await this.untilAvailable(() => rejoin(tools, projection, lease, from, tables));
      if (outcome === 'joined') {
        tools.logger.log(`${this.what} has joined the others again`);
        tools.wake();
      }
      if (outcome !== 'behind') return outcome === 'joined';
      await pause(quietMs, this.stopped.signal);
    }
    return false;
  }

  /**
   * Handles the events and moves the checkpoint, all in one transaction or not at all. If the connection breaks at
   * the commit, nobody knows which: if it was kept, trying again ends as a lost lease does, and the next work begins
   * at the checkpoint that was kept.
   */
  private async commit(
    tables: BuildTables,
    events: readonly RecordedEvent[],
    through: Position,
  ): Promise<void> {
    const { database, leases } = this.tools;
    const { name, handler } = this.projection;
    const { lease, checkpoint: from } = this;
    const transact = (): Promise<void> =>
      database.asSystem(`project ${name}`, async (tx) => {
        const { build, share, tenantId, buckets } = lease;
        await leases.beginBatch(tx, lease);
        if (!from) await clearShare(tx, tables.names, { ...build, share, tenantId, buckets });
        await applyEvents(database, handler, events, tables);
        leases.saveCheckpoint(tx, lease, { from, through });
      });
    const attributes = { 'acci.projection': name, 'acci.events': events.length };
    await this.untilAvailable(() =>
      channel.hasSubscribers
        ? channel.tracePromise(transact, { name: `project ${name}`, attributes })
        : transact(),
    );
    this.checkpoint = through;
    this.attempts = 0;
    if (lease.stopAt && comparePositions(through, lease.stopAt) >= 0) throw new LeaseLost(lease.share);
  }

  /** Tries for as long as the database is not there. @throws {WorkEnded} when the work is stopped before. */
  private async untilAvailable<T>(work: () => Promise<T>): Promise<T> {
    const { logger, settings } = this.tools;
    for (let failures = 1; this.active; failures += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        logger.warn(`${this.what} waits for the database: ${String(error)}`);
        await pause(backoffMs(failures, settings.retry), this.stopped.signal);
      }
    }
    throw new WorkEnded();
  }
}

function comesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return Promise.race([promise.then(() => true), sleep(ms, false, { ref: false })]);
}
