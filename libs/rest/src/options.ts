import type { MemoryIdempotencyOptions } from './idempotency/memory-idempotency-store.js';
import type { StreamOptions } from './stream/stream-options.js';

/**
 * So many requests per window.
 *
 * @example
 * const limit: RateLimit = { limit: 600, windowSeconds: 60 };
 */
export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/**
 * What `configureApp` sets up, and how. Every option has a default that is safe in production.
 *
 * @example
 * RestModule.forRoot({ bodyLimitBytes: 262_144, cors: { origin: ['https://app.example.com'] } });
 */
export interface RestOptions {
  /** Largest body in bytes; 1 MiB. On Fastify give it to `fastifyOptions` as well. */
  readonly bodyLimitBytes?: number;
  /** How long a handler may take before its request is answered 503, in milliseconds; 30,000. 0: for ever. */
  readonly requestTimeoutMs?: number;
  /** How long headers and body may take to arrive, in milliseconds; 60,000. */
  readonly receiveTimeoutMs?: number;
  /** How long a shutdown waits for what is in flight, in milliseconds; 10,000. */
  readonly drainMs?: number;
  /**
   * Rate limits, counted in this process; false: none. A request counts once: for its identity if it has one
   * (default 6,000 a minute), else for its address (default 600 a minute).
   */
  readonly rateLimits?:
    false | { readonly identity?: RateLimit | false; readonly address?: RateLimit | false };
  /** CORS; closed unless origins are named. */
  readonly cors?: { readonly origin: readonly string[]; readonly credentials?: boolean };
  /** How long an `Idempotency-Key` is held by a request that may have crashed, in milliseconds; 120,000. */
  readonly idempotencyLeaseMs?: number;
  /**
   * Waits until reads show what was written at an `Event-Position`, for every `GET` with `Min-Event-Position` by
   * somebody who was identified. What it throws is answered. Without it reads are taken to show every write at once.
   */
  readonly waitForPosition?: (position: string) => Promise<void>;
  /** The bounds of the store in memory; used unless a module provides `IDEMPOTENCY_STORE`. */
  readonly idempotencyMemory?: MemoryIdempotencyOptions;
  /** The bounds of live streams. */
  readonly streams?: StreamOptions;
}

/** The options with their defaults. */
export type RestSettings = Required<Omit<RestOptions, 'cors' | 'waitForPosition'>> &
  Pick<RestOptions, 'cors' | 'waitForPosition'>;

/** Fills in the defaults. */
export function settingsOf(options: RestOptions): RestSettings {
  return {
    bodyLimitBytes: 1_048_576,
    requestTimeoutMs: 30_000,
    receiveTimeoutMs: 60_000,
    drainMs: 10_000,
    rateLimits: {},
    idempotencyLeaseMs: 120_000,
    idempotencyMemory: {},
    streams: {},
    ...options,
  };
}
