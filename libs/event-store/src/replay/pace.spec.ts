import { Pace } from './pace.js';

describe('Pace', () => {
  it('lets work go on where it may', () => {
    const pace = new Pace(100, 1_000);
    expect(pace.waitAfter(10, 1_000)).toBe(100);
    expect(pace.waitAfter(10, 1_150)).toBe(50);
    // Slow work owes nothing, and saves next to nothing up.
    expect(pace.waitAfter(10, 60_000)).toBe(0);
    expect(pace.waitAfter(10, 60_000)).toBe(0);
    expect(pace.waitAfter(10, 60_000)).toBe(100);
  });

  it('does so much at once that the rate holds for every tenth of a second', () => {
    expect(new Pace(100, 0).portion(500)).toBe(10);
    expect(new Pace(100_000, 0).portion(500)).toBe(500);
    expect(new Pace(0.5, 0).portion(500)).toBe(1);
  });

  it('knows no limit unless there is one', () => {
    const pace = new Pace(undefined, 0);
    expect(pace.portion(500)).toBe(500);
    expect(pace.waitAfter(1_000_000, 1)).toBe(0);
  });

  it.each([0, -1, Number.NaN])('does not take %p for a rate', (rate) => {
    expect(() => new Pace(rate, 0)).toThrow(RangeError);
  });
});
