import { AddressRange, isWithin, rangesBeyond } from './address-range.js';

describe('Address ranges', () => {
  it.each([
    ['203.0.113.9', '203.0.113.0/24', true],
    ['203.0.113.9', '203.0.113.77/24', true],
    ['203.0.114.1', '203.0.113.0/24', false],
    ['203.0.113.9', '203.0.113.9', true],
    ['203.0.113.8', '203.0.113.9', false],
    ['1.2.3.4', '0.0.0.0/0', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:DB8:0:0::1', '2001:db8::1', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['1.2.3.4', '::/0', false],
    ['::1', '0.0.0.0/0', false],
    ['::ffff:203.0.113.9', '203.0.113.0/24', false],
    ['nonsense', '0.0.0.0/0', false],
    ['', '0.0.0.0/0', false],
  ])('%s in %s: %s', (address, range, within) => {
    expect(isWithin(address, ['192.0.2.1', range])).toBe(within);
  });

  it('hold no address that is not known', () => {
    expect(isWithin(undefined, ['0.0.0.0/0', '::/0'])).toBe(false);
  });

  it('reach beyond others, or do not', () => {
    const allowed = ['10.0.0.0/8', '2001:db8::/32'];
    expect(rangesBeyond(['10.1.0.0/16', '10.0.0.0/8', '10.9.9.9', '2001:db8:1::/48'], allowed)).toEqual([]);
    const wider = ['0.0.0.0/0', '10.0.0.0/7', '2001:db8::/31', '192.0.2.1'];
    expect(rangesBeyond(wider, allowed)).toEqual(wider);
  });

  it.each([
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0/8',
    '010.0.0.1',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/104',
    'example.com',
    '10.0.0.1 ',
    '',
  ])('%j is none', (text) => {
    expect(AddressRange.safeParse(text).success).toBe(false);
  });
});
