import { tag } from './tag.js';
import { lockKey, tagLocks } from './tag-locks.js';
import { prepareCondition } from './condition.js';

describe('a tag', () => {
  it('is a name and a value', () => {
    expect(tag('course', '7')).toBe('course:7');
    expect(tag('course', 'a:b')).toBe('course:a:b');
  });

  it.each([
    ['Course', '7'],
    ['a:b', '7'],
    ['', '7'],
    ['x'.repeat(101), '7'],
    ['course', ''],
    ['course', 'x'.repeat(256)],
    ['course', 'a\0'],
    ['course', '\udead'],
  ])('is not %j with %j', (name, value) => {
    expect(() => tag(name, value)).toThrow(RangeError);
  });
});

describe('the locks of tags', () => {
  const [one, two, three] = [tag('course', '1'), tag('course', '2'), tag('student', '1')];

  it('come in one order for everybody, once each, and for what a condition asks alone', () => {
    const locks = tagLocks('t', [two], [three, two, one, one]);
    expect(locks.keys).toEqual(locks.keys.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(locks.keys).toHaveLength(3);
    expect(locks.alone[locks.keys.indexOf(lockKey('tag', 't', two))]).toBe(true);
    expect(locks.alone.filter(Boolean)).toHaveLength(1);
    expect(tagLocks('t', [], [one, two, three]).keys).toEqual(locks.keys);
  });

  it('are those of one tenant', () => {
    expect(tagLocks('t', [one], []).keys).not.toEqual(tagLocks('u', [one], []).keys);
    // PostgreSQL takes an id in capitals for the same tenant's, and so must its locks be.
    expect(tagLocks('T', [one], []).keys).toEqual(tagLocks('t', [one], []).keys);
  });

  it('fit PostgreSQL’s bigint', () => {
    for (const key of tagLocks('t', [one, two, three], []).keys) expect(BigInt.asIntN(64, key)).toBe(key);
  });
});

describe('a condition', () => {
  const query = { tags: [tag('course', '1')] };
  const same = (types: readonly string[]) => types;

  it('asks for each tag once, however often it is named', () => {
    const [one, two] = [tag('course', '1'), tag('student', '1')];
    const { values } = prepareCondition({ tags: [one, two, two, one], after: undefined }, same);
    expect(JSON.parse(values[0] as string)).toEqual([{ tag: one, more: [two] }]);
  });

  const position = { epoch: 2, transaction: 50n, position: 500n };
  const from = (seen?: { epoch: number; snapshot: string }) =>
    prepareCondition({ ...query, after: { ...position, ...(seen && { seen }) } }, same).values.slice(1, 4);

  it('looks from the position on, or from the first transaction that was open when it was read', () => {
    expect(from()).toEqual([2, 50n, 500n]);
    expect(from({ epoch: 2, snapshot: '40:60:40,55' })).toEqual([2, 40n, 0n]);
    expect(from({ epoch: 2, snapshot: '60:60:' })).toEqual([2, 50n, 500n]);
    // What was read last is of an earlier cluster, whose transactions have all ended.
    expect(from({ epoch: 3, snapshot: '10:10:' })).toEqual([2, 50n, 500n]);
    expect(prepareCondition({ ...query, after: undefined }, same).values.slice(1, 4)).toEqual([0, 0n, 0n]);
  });
});
