import type { RecordedRow } from '../store/rows.js';
import type { Sized } from '../store/sized-page.js';
import { TailWindow } from './tail-window.js';

const place = (position: number) => ({ epoch: 1, transaction: 10n, position: BigInt(position) });
const row = (position: number, tenant: string, bytes = 1) =>
  ({
    epoch: 1,
    transaction: '10',
    position: `${position}`,
    tenant_id: tenant,
    found: 1,
    bytes,
  }) as unknown as RecordedRow & Sized;
const windowOf = (bounds: Partial<{ rows: number; bytes: number; ageMs: number }> = {}) =>
  new TailWindow(place(0), { rows: 100, bytes: 1_000, ageMs: 1_000, ...bounds });
const positions = (window: TailWindow, after: number, tenant: string) =>
  window.after(place(after), tenant).map((entry) => Number(entry.place.position));

describe('the end of the log in memory', () => {
  it('has a tenant’s events after any place that it reaches back to', () => {
    const window = windowOf();
    window.add([row(1, 'a'), row(2, 'b'), row(3, 'a')], 0);
    window.add([row(4, 'b'), row(5, 'a')], 1);
    expect([0, 1, 3, 4, 5, 9].map((after) => positions(window, after, 'a'))).toEqual([
      [1, 3, 5],
      [3, 5],
      [5],
      [5],
      [],
      [],
    ]);
    expect(positions(window, 2, 'b')).toEqual([4]);
    expect(window.through).toEqual(place(5));
  });

  it.each([
    ['rows', { rows: 3 }],
    ['bytes', { bytes: 3 }],
  ])('lets go of the oldest when there are too many %s, and says so', (_what, bounds) => {
    const window = windowOf(bounds);
    window.add([row(1, 'a'), row(2, 'a')], 0);
    window.add([row(3, 'a'), row(4, 'a')], 0);
    expect([window.reaches(place(1)), window.reaches(place(2))]).toEqual([false, true]);
    expect(positions(window, 2, 'a')).toEqual([3, 4]);
    // What was read last is kept, whatever its size: somebody is being told of it.
    window.add([row(5, 'a', 5_000), row(6, 'a', 5_000), row(7, 'a'), row(8, 'a')], 0);
    expect(positions(window, 4, 'a')).toEqual([5, 6, 7, 8]);
    expect(window.reaches(place(3))).toBe(false);
  });

  it('lets go of what is old, and forgets no place with it', () => {
    const window = windowOf();
    window.add([row(1, 'a')], 0);
    window.add([row(2, 'a')], 600);
    window.expire(1_000);
    expect([window.reaches(place(0)), window.reaches(place(1))]).toEqual([false, true]);
    window.expire(2_000);
    expect([window.reaches(place(1)), window.reaches(place(2))]).toEqual([false, true]);
    expect(window.through).toEqual(place(2));
  });
});
