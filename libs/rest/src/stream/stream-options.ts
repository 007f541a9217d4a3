/**
 * The bounds of live streams in one process.
 *
 * @example
 * RestModule.forRoot({ streams: { maxPerTenant: 100, heartbeatMs: 10_000 } });
 */
export interface StreamOptions {
  /** Most open streams of the process; 10,000. More are answered 503. */
  readonly max?: number;
  /** Most open streams of one tenant in the process; 2,500. More are answered 429. */
  readonly maxPerTenant?: number;
  /** How long a stream is silent at most, in milliseconds; 15,000. Below the idle time-out of every proxy before it. */
  readonly heartbeatMs?: number;
  /** How long a reader may take for what it was sent last, in milliseconds; 30,000. Then it is cut off. */
  readonly slowMs?: number;
  /** Most bytes that wait for slow readers, all together; 64 MiB. Beyond that slow readers are cut off. */
  readonly maxWaitingBytes?: number;
  /** How often it is asked again whether a silent stream is still permitted, in milliseconds; 5,000. */
  readonly recheckMs?: number;
  /**
   * How long a stream lives whose guard left nothing to ask again with (see `setIdentity`), in milliseconds; 60,000.
   * Its client then comes back by itself, through the guard.
   */
  readonly uncheckedMs?: number;
}

/** The options with their defaults. */
export interface StreamSettings extends Required<StreamOptions> {
  /** How long it may stay unknown whether a stream is permitted. */
  readonly unsureMs: number;
  /** For how long an answer about permission holds while messages are sent. */
  readonly freshMs: number;
  /** How long after something happened it is asked once more, when every process knows of it. */
  readonly afterwardsMs: number;
  /** How often all streams are looked after. */
  readonly sweepMs: number;
}

const leisurelyMs = 1_000;
// What a guard keeps of an answer comes on top: together it must not be more than a second.
const freshMs = 250;

/** Fills in the defaults. */
export function streamSettings(options: StreamOptions = {}): StreamSettings {
  const settings = {
    max: 10_000,
    maxPerTenant: 2_500,
    heartbeatMs: 15_000,
    slowMs: 30_000,
    maxWaitingBytes: 64 * 1024 * 1024,
    recheckMs: 5_000,
    uncheckedMs: 60_000,
    unsureMs: 30_000,
    ...options,
  };
  const { heartbeatMs, slowMs, recheckMs, uncheckedMs } = settings;
  return {
    ...settings,
    freshMs: Math.min(freshMs, recheckMs),
    afterwardsMs: Math.min(leisurelyMs, recheckMs),
    sweepMs: Math.min(leisurelyMs, heartbeatMs, slowMs, recheckMs, uncheckedMs),
  };
}
