import { delayAfter, judge } from './guess-limits.js';

const limit = { free: 3, forgetMs: 3_600_000 };
const minute = 60_000;

describe('the delay after failures', () => {
  it('is none at first, then a second, and doubles up to 15 minutes', () => {
    const delays = Array.from({ length: 16 }, (_, index) => delayAfter(index, limit) / 1_000);
    expect(delays).toEqual([0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    expect(delayAfter(5_000, limit)).toBe(15 * minute);
  });
});

describe('one more guess', () => {
  it('waits until the delay is over', () => {
    expect(judge({ count: 4, agoMs: 500, waitMs: 1_500 }, limit)).toEqual({ waitMs: 1_500 });
    expect(judge({ count: 4, agoMs: 2_000, waitMs: 0 }, limit)).toEqual({ failures: 5 });
  });

  it('begins anew when the last failure was long ago', () => {
    expect(judge({ count: 4, agoMs: 3_600_000, waitMs: -1 }, limit)).toEqual({ failures: 5 });
    expect(judge({ count: 4, agoMs: 3_600_001, waitMs: -1 }, limit)).toEqual({ failures: 1 });
  });

  it('does not wait for a delay from a time when the clock was ahead', () => {
    expect(judge({ count: 9, agoMs: -3 * 24 * 60 * minute, waitMs: 3 * 24 * 60 * minute }, limit)).toEqual({
      failures: 10,
    });
    expect(judge({ count: 9, agoMs: -10 * minute, waitMs: 12 * minute }, limit)).toEqual({
      waitMs: 12 * minute,
    });
  });
});
