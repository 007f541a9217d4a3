import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Database, prepared } from '@acci/database';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { selectHorizon } from '../http/event-feed.js';
import { comparePositions, type Position } from '../position.js';
import { EventStore } from '../store/event-store.js';
import { toPosition, type PositionRow, type RecordedRow } from '../store/rows.js';
import { sizedPage, type Sized } from '../store/sized-page.js';
import { behind, recordedColumns, settled } from '../store/statements.js';
import { TailWindow, type TailEntry } from './tail-window.js';

/** A stream that has seen everything up to a place, and waits for more of its tenant. */
export interface TailWaiter {
  /** Where it can go on from by now. */
  readonly place: Position;
}

interface Waiting {
  place: Position;
  readonly wake: () => void;
}

const order = 'epoch, transaction, position';
const mostRows = 500;
const selectTail = prepared(
  sizedPage(
    `select ${recordedColumns}
       from acci.event_log
      where ${behind('$1', '$2', '$3')} and ${settled}
      order by ${order}
      limit ${mostRows}`,
    order,
  ),
);

const bounds = { rows: 2_000, bytes: 4 * 1024 * 1024, ageMs: 5_000 };
// Appends of this process announce themselves; others' are looked for.
const poll = { minMs: 20, maxMs: 200, restMs: 5 };
const lingerMs = 10_000;

/**
 * Reads the end of the log, once for all live streams of a process and only while there are some, and wakes those whose
 * tenant something happened in. It keeps the last events for a moment, for all of them; whoever is further behind reads
 * from the database.
 */
@Injectable()
export class LogTail implements OnModuleDestroy {
  private readonly logger = new Logger(LogTail.name);
  private readonly waiting = new Map<string, Set<Waiting>>();
  // Work for all streams belongs to no request, least of all to the one that happened to come first.
  private readonly outside = AsyncLocalStorage.snapshot();
  private readonly stopping = new AbortController();
  private window: TailWindow | undefined;
  private loop: Promise<void> | undefined;
  private horizon: Promise<Position> | undefined;
  private nudged = new AbortController();
  private idleSince = 0;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  /** A place that everything comes after which is not settled yet. Whoever asks at the same time is answered together. */
  now(): Promise<Position> {
    return (this.horizon ??= this.outside(async () => {
      await nextTurn();
      this.horizon = undefined;
      const [row] = await this.database.queryAsSystem<PositionRow>(
        'find where live streams begin',
        selectHorizon,
      );
      return toPosition(row as PositionRow);
    }));
  }

  /** A tenant's events after a place, and how far they go; undefined if they are not all in memory. */
  after(place: Position, tenantId: string): { entries: TailEntry[]; through: Position } | undefined {
    const { window } = this;
    if (!window?.reaches(place)) return undefined;
    const ahead = comparePositions(place, window.through) > 0;
    return { entries: window.after(place, tenantId), through: ahead ? place : window.through };
  }

  /**
   * Waits until something may have happened in a tenant after a place, or the signal aborts.
   *
   * @param onWaiting told of the stream that waits, and of undefined when it does no more.
   * @returns the place to go on from: nothing of the tenant stands between the two.
   */
  async wait(
    place: Position,
    tenantId: string,
    signal: AbortSignal,
    onWaiting: (waiter: TailWaiter | undefined) => void,
  ): Promise<Position> {
    const window = this.window ?? (await this.start(signal));
    if (!window || signal.aborted || !window.reaches(place) || window.after(place, tenantId).length > 0)
      return place;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = { place, wake: () => resolve() };
    const ofTenant = this.waiting.get(tenantId) ?? new Set();
    this.waiting.set(tenantId, ofTenant.add(waiting));
    signal.addEventListener('abort', waiting.wake, { once: true });
    onWaiting({
      get place() {
        return later(waiting.place, window.through);
      },
    });
    await promise;
    onWaiting(undefined);
    signal.removeEventListener('abort', waiting.wake);
    ofTenant.delete(waiting);
    if (ofTenant.size === 0 && this.waiting.get(tenantId) === ofTenant) this.waiting.delete(tenantId);
    return waiting.place;
  }

  /** Begins to follow the log; undefined if the process stops, or nobody waits any more, before that could be done. */
  private async start(signal: AbortSignal): Promise<TailWindow | undefined> {
    const either = AbortSignal.any([signal, this.stopping.signal]);
    while (!either.aborted) {
      try {
        const start = await this.now();
        if (either.aborted) return undefined;
        this.window ??= new TailWindow(start, bounds);
        this.idleSince = performance.now();
        this.loop ??= this.outside(() => this.run());
        return this.window;
      } catch (error) {
        this.logger.warn(`Live streams wait for the database: ${String(error)}`);
        await pause(1_000, either);
      }
    }
    return undefined;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const unsubscribe = this.store.onCommitted(() => this.nudged.abort());
    for (let idleMs = poll.minMs; !signal.aborted && this.isWanted();) {
      // Before looking: whatever is announced from here on asks for another look.
      this.nudged = new AbortController();
      const found = await this.look();
      await pause(poll.restMs, signal);
      idleMs = found > 0 ? poll.minMs : Math.min(idleMs * 2, poll.maxMs);
      if (found < mostRows) await pause(idleMs, AbortSignal.any([signal, this.nudged.signal]));
      if (this.nudged.signal.aborted) idleMs = poll.minMs;
    }
    unsubscribe();
    // The next one begins anew: what happens meanwhile nobody has read.
    this.window = undefined;
    this.loop = undefined;
    for (const tenantId of this.waiting.keys()) this.wake(tenantId, undefined);
  }

  private isWanted(): boolean {
    const now = performance.now();
    if (this.waiting.size > 0) this.idleSince = now;
    return now - this.idleSince < lingerMs;
  }

  /** Reads on; how many events there were. A failure is left to the next time. */
  private async look(): Promise<number> {
    const { window } = this;
    if (!window) return 0;
    window.expire(performance.now());
    const before = window.through;
    const { epoch, transaction, position } = before;
    try {
      const rows = await this.database.queryAsSystem<RecordedRow & Sized>(
        'follow the event log',
        selectTail,
        [epoch, transaction, position],
      );
      window.add(rows, performance.now());
      for (const tenantId of new Set(rows.map((row) => row.tenant_id))) this.wake(tenantId, before);
      return rows[0]?.found ?? 0;
    } catch (error) {
      this.logger.warn(`Live streams wait for the event log: ${String(error)}`);
      return 0;
    }
  }

  /** @param before where they can go on from: they would have been woken, had anything happened before it. */
  private wake(tenantId: string, before: Position | undefined): void {
    const ofTenant = this.waiting.get(tenantId);
    this.waiting.delete(tenantId);
    for (const waiting of ofTenant ?? []) {
      if (before) waiting.place = later(waiting.place, before);
      waiting.wake();
    }
  }
}

function later(a: Position, b: Position): Position {
  return comparePositions(a, b) < 0 ? b : a;
}

/** Sleeps, less long if the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
