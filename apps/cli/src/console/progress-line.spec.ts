import { duration, progressLine } from './progress-line.js';

describe('progressLine', () => {
  const work = { title: 'Exporting', unit: 'events' };

  it.each([
    [
      'a quarter',
      { ...work, done: 250, total: 1_000, elapsedMs: 2_000 },
      'Exporting [██████░░░░░░░░░░░░░░░░░░]  25 %  250 of 1000 events  125/s  6s left',
    ],
    [
      'the beginning',
      { ...work, done: 0, total: 1_000, elapsedMs: 2_000 },
      'Exporting [░░░░░░░░░░░░░░░░░░░░░░░░]   0 %  0 of 1000 events  0/s  no end in sight',
    ],
    [
      'more than there was at first',
      { ...work, done: 2_500_000, total: 2_000_000, elapsedMs: 100_000 },
      'Exporting [████████████████████████] 100 %  2500k of 2000k events  25k/s  0s left',
    ],
    [
      'a rate of its own',
      { ...work, done: 50_000, total: 100_000, elapsedMs: 100_000, rate: 5_000 },
      'Exporting [████████████░░░░░░░░░░░░]  50 %  50k of 100k events  5000/s  10s left',
    ],
    [
      'an unknown end',
      { ...work, done: 30, total: undefined, elapsedMs: 4_000 },
      'Exporting  30 events  7.5/s  4s',
    ],
    ['nothing countable', { ...work, done: 0, total: undefined, elapsedMs: 61_000 }, 'Exporting  1m 01s'],
  ])('says of %s', (_name, advance, line) => {
    expect(progressLine(advance)).toBe(line);
  });

  it.each([
    [0, '0s'],
    [59_400, '59s'],
    [3_599_000, '59m 59s'],
    [11_400_000, '3h 10m'],
  ])('%i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
