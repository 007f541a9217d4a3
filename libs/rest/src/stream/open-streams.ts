import { Logger } from '@nestjs/common';
import { HttpProblem } from '../problems/http-problem.js';
import type { RequestIdentity } from '../request/identity.js';
import { Permits } from './permits.js';
import { streamSettings, type StreamOptions, type StreamSettings } from './stream-options.js';

// Each has a page of at most some megabytes in hand.
const readsAtOnce = 8;

/** An open stream, as far as all of them are looked after together. */
interface LookedAfter {
  end(): void;
  tick(now: number): void;
}

/** The live streams of an app: how many there may be, what they may hold together, and their only timer. */
export class OpenStreams {
  readonly logger = new Logger('EventStream');
  readonly settings: StreamSettings;
  /** For pages that are read for one stream alone. */
  readonly pages = new Permits(readsAtOnce);
  private readonly streams = new Set<LookedAfter>();
  private readonly placesOf = new Map<string, number>();
  private places = 0;
  private waitingBytes = 0;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(options?: StreamOptions) {
    this.settings = streamSettings(options);
  }

  /** How many are open. */
  get size(): number {
    return this.streams.size;
  }

  /**
   * Takes a place for a stream of whoever opens it.
   *
   * @returns a function that gives it back.
   * @throws HttpProblem 503 or 429 `request.streams.too_many`
   */
  take({ tenantId, actor, maxStreams = Infinity }: RequestIdentity): () => void {
    const caller = `${tenantId} ${actor}`;
    if (this.closed || this.places >= this.settings.max) throw tooManyStreams('This server has', 503);
    if (this.of(tenantId) >= this.settings.maxPerTenant) throw tooManyStreams('Your tenant has', 429);
    if (this.of(caller) >= maxStreams) throw tooManyStreams('You have', 429);
    const change = (by: 1 | -1): void => {
      this.places += by;
      for (const whose of [tenantId, caller]) {
        const places = this.of(whose) + by;
        if (places > 0) this.placesOf.set(whose, places);
        else this.placesOf.delete(whose);
      }
    };
    change(1);
    return () => change(-1);
  }

  add(stream: LookedAfter): void {
    this.streams.add(stream);
    this.timer ??= setInterval(() => this.sweep(), this.settings.sweepMs).unref();
    // A shutdown that began while the stream was being opened does not wait for it.
    if (this.closed) stream.end();
  }

  delete(stream: LookedAfter): void {
    this.streams.delete(stream);
    if (this.streams.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Counts bytes that wait for a slow reader; false if there is no room for them. */
  hold(bytes: number): boolean {
    this.waitingBytes += bytes;
    return this.waitingBytes <= this.settings.maxWaitingBytes;
  }

  /** Takes back what was counted. */
  release(bytes: number): void {
    this.waitingBytes -= bytes;
  }

  /** Ends all streams, and lets nobody open another one: their clients come back, to another process. */
  close(): void {
    this.closed = true;
    for (const stream of this.streams) stream.end();
  }

  private of(whose: string): number {
    return this.placesOf.get(whose) ?? 0;
  }

  private sweep(): void {
    const now = performance.now();
    for (const stream of this.streams) stream.tick(now);
  }
}

function tooManyStreams(whoHas: string, status: 429 | 503): HttpProblem {
  const text = `${whoHas} as many open streams as there may be.`;
  return new HttpProblem(status, 'request.streams.too_many', text, { retryAfter: 5 });
}
