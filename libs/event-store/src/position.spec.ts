import { comparePositions, formatPosition, parsePosition } from './position.js';

describe('positions', () => {
  const inOrder = ['1.5.9', '1.7.3', '1.7.10', '1.18446744073709551615.1', '2.1.1'].map((text) => {
    const position = parsePosition(text);
    if (!position) throw new Error(text);
    return position;
  });

  it('compare by epoch, then transaction, then number', () => {
    expect(inOrder.toReversed().toSorted(comparePositions)).toEqual(inOrder);
    expect(
      comparePositions(
        { epoch: 1, transaction: 2n, position: 3n },
        { epoch: 1, transaction: 2n, position: 3n },
      ),
    ).toBe(0);
  });

  it('survive being written and read', () => {
    for (const position of inOrder) expect(parsePosition(formatPosition(position))).toEqual(position);
  });

  it.each([
    '',
    '1.2',
    '1.2.3.4',
    '-1.2.3',
    '0.2.3',
    '1.2.x',
    '1. 2.3',
    '2147483648.1.1',
    '1.18446744073709551616.1',
    '1.1.9223372036854775808',
  ])('refuse %j', (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });
});
