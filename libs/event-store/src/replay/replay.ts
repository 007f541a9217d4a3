import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '../event/recorded-event.js';
import { comparePositions, type Position } from '../position.js';
import { Pace } from './pace.js';

/** Which events {@link EventStore.replay} hands out; all of the log, where nothing is said. */
export interface ReplaySelection {
  readonly tenantId?: string;
  readonly types?: readonly string[];
  /** One stream of the tenant that is named as well. */
  readonly stream?: { readonly type: string; readonly id: string };
  /** Only events after this: where a replay that was interrupted goes on. */
  readonly from?: Position | undefined;
  /** The last event wanted. Default: the last one that is settled when the replay begins. */
  readonly to?: Position | undefined;
}

/** How far a replay is. */
export interface ReplayProgress {
  /** Hand it to another replay as `from` to go on; undefined before the first event. */
  readonly position: Position | undefined;
  /** How many events were handled. */
  readonly events: number;
}

/** What a replay did. */
export interface ReplayResult extends ReplayProgress {
  /** False if it was aborted before its end. */
  readonly done: boolean;
}

/** How {@link EventStore.replay} goes. */
export interface ReplayOptions {
  /** How many events to hand out at once. Default 500. */
  readonly batchSize?: number;
  /** Default: as fast as they are handled. */
  readonly eventsPerSecond?: number;
  /** Ends the replay after the batch that is being handled. */
  readonly signal?: AbortSignal;
  /** Told after each batch: what to keep, to go on after a crash. */
  readonly onProgress?: (progress: ReplayProgress) => void | Promise<void>;
}

/** Gets events in the order of the log, a batch at a time; the next one comes when it has returned. */
export type ReplayHandler = (events: readonly RecordedEvent[]) => void | Promise<void>;

/** As much of the log as a replay needs. */
export interface ReplaySource {
  head(): Promise<Position | undefined>;
  /** Fewer than `limit` only at the end of what is settled. */
  read(after: Position | undefined, limit: number): Promise<readonly RecordedEvent[]>;
}

/** Hands out the events of a source from one position to another. */
export async function replay(
  source: ReplaySource,
  { from, to }: Pick<ReplaySelection, 'from' | 'to'>,
  handler: ReplayHandler,
  { batchSize = 500, eventsPerSecond, signal, onProgress }: ReplayOptions,
): Promise<ReplayResult> {
  const head = await source.head();
  const end = earlier(to, head);
  const pace = new Pace(eventsPerSecond, performance.now());
  const limit = pace.portion(batchSize);
  let position = from;
  let events = 0;
  for (;;) {
    if (signal?.aborted) return { position, events, done: false };
    const batch = end ? await source.read(position, limit) : [];
    const wanted = batch.filter((event) => end && comparePositions(event.position, end) <= 0);
    if (wanted.length > 0) {
      await handler(wanted);
      events += wanted.length;
      position = wanted.at(-1)?.position;
      await onProgress?.({ position, events });
    }
    // Nothing settled is left before the end, so whoever goes on need not look there again.
    if (wanted.length < limit) return { position: later(position, end), events, done: true };
    await pause(pace.waitAfter(wanted.length, performance.now()), signal);
  }
}

function earlier(to: Position | undefined, head: Position | undefined): Position | undefined {
  return to && head && comparePositions(to, head) < 0 ? to : head;
}

function later(position: Position | undefined, end: Position | undefined): Position | undefined {
  return position && end && comparePositions(position, end) > 0 ? position : (end ?? position);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  // An abort ends the wait, and with it the replay.
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
