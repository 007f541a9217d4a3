/** What timers cost is made up for; a stall is not, or whoever is behind would get all of it at once. */
const mostBehindMs = 100;

/** Keeps work at a rate: says how long to wait before more. */
export class Pace {
  private due: number;

  /**
   * @param perSecond undefined for as fast as it goes.
   * @param begun the time of `performance.now()`, in milliseconds.
   * @throws {RangeError} for a rate that is no positive number.
   */
  constructor(
    private readonly perSecond: number | undefined,
    begun: number,
  ) {
    if (perSecond !== undefined && !(perSecond > 0)) throw new RangeError('A rate must be above 0');
    this.due = begun;
  }

  /** How much to do at once, at most: a tenth of a second's worth, so that the rate holds for every second. */
  portion(most: number): number {
    if (this.perSecond === undefined) return most;
    return Math.max(1, Math.min(most, Math.floor(this.perSecond / 10)));
  }

  /** @returns how many milliseconds to wait, now that so much more is done. */
  waitAfter(count: number, now: number): number {
    if (this.perSecond === undefined) return 0;
    this.due = Math.max(this.due + (count / this.perSecond) * 1_000, now - mostBehindMs);
    return Math.max(0, this.due - now);
  }
}
