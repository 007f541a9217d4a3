/** How often may be guessed before there are delays. */
export interface GuessLimit {
  /** Failures that nobody waits for. */
  readonly free: number;
  /** After how long without another failure all of them are forgotten, in milliseconds. */
  readonly forgetMs: number;
}

/** What is known about earlier failures. Times are differences by the database's clock, in milliseconds. */
export interface Failures {
  readonly count: number;
  /** How long ago the last one was. */
  readonly agoMs: number;
  /** How long is to be waited still; nothing or less if the delay is over. */
  readonly waitMs: number;
}

const shortestDelayMs = 1_000;
const longestDelayMs = 15 * 60_000;

/** How long to wait after so many failures, in milliseconds: 1 s, and twice as long each time, up to 15 minutes. */
export function delayAfter(failures: number, { free }: GuessLimit): number {
  if (failures < free) return 0;
  return Math.min(shortestDelayMs * 2 ** (failures - free), longestDelayMs);
}

/**
 * Whether one more guess may be made now.
 *
 * @returns the time to wait, in milliseconds, or else how many failures it will have been if this one fails too.
 */
export function judge({ count, agoMs, waitMs }: Failures, { forgetMs }: GuessLimit): Verdict {
  // A delay that ends later than any delay can was written before the clock was set back. It is not sat out.
  if (waitMs > 0 && waitMs <= longestDelayMs) return { waitMs };
  return { failures: agoMs > forgetMs ? 1 : count + 1 };
}

/** What {@link judge} says. */
export type Verdict = { readonly waitMs: number } | { readonly failures: number };
