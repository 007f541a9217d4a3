import { Recent } from './recent.js';

describe('Recent', () => {
  let clock = 0;
  const make = (max = 10) => new Recent<number>({ ttlMs: 1_000, max, now: () => clock });

  it('remembers an answer for its time to live, counted from the question', async () => {
    const recent = make();
    let arrive: (value: number) => void = () => {};
    void recent.keep('q', new Promise<number>((resolve) => (arrive = resolve)));
    clock += 900;
    arrive(7);
    await expect(recent.get('q')).resolves.toBe(7);
    clock += 100;
    expect(recent.get('q')).toBeUndefined();
  });

  it('gives one answer to all who ask while it is on its way', () => {
    const recent = make();
    const answer = recent.keep('q', new Promise<number>(() => {}));
    expect(recent.get('q')).toBe(answer);
    expect(recent.get('other')).toBeUndefined();
  });

  it('asks once for all who ask meanwhile, and again when told to forget', async () => {
    const recent = make();
    let asked = 0;
    const ask = () => recent.ask('q', async () => (asked += 1));
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    recent.forget('q');
    expect(await ask()).toBe(2);
  });

  it('forgets a failure', async () => {
    const recent = make();
    await expect(recent.keep('q', Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(recent.get('q')).toBeUndefined();
  });

  it('keeps no more than it may, the newest', () => {
    const recent = make(3);
    for (const question of ['a', 'b', 'c', 'd']) void recent.keep(question, Promise.resolve(1));
    expect(['a', 'b', 'c', 'd'].filter((question) => recent.get(question) !== undefined)).toEqual([
      'b',
      'c',
      'd',
    ]);
  });
});
