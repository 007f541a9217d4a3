import { claim, foldClaims } from './claim.js';

const a = claim('slug', 'a');
const b = claim('slug', 'b');
const event = ({ claims = [], releases = [] }: { claims?: (typeof a)[]; releases?: (typeof a)[] }) => ({
  claims,
  releases,
});

describe('claims of one append', () => {
  it('keep the last word on every value', () => {
    const changes = foldClaims([event({ claims: [a] }), event({ releases: [a], claims: [b] })]);
    expect(changes).toEqual({ taken: [b], released: [a] });
  });

  it('take what one event both releases and claims', () => {
    expect(foldClaims([event({ releases: [a], claims: [a] })])).toEqual({ taken: [a], released: [] });
  });

  it('are in one order, whatever order the events have', () => {
    expect(foldClaims([event({ claims: [b, a] })]).taken).toEqual([a, b]);
  });

  it.each([
    ['', 'x'],
    ['x', ''],
    ['x', 'y'.repeat(513)],
  ])('refuse %j %j', (scope, value) => {
    expect(() => claim(scope, value)).toThrow(RangeError);
  });
});
