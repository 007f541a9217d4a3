import { BlockList, isIP, SocketAddress } from 'node:net';
import { z } from 'zod';

const sizes = { ipv4: 32, ipv6: 128 } as const;

interface Range {
  readonly family: keyof typeof sizes;
  readonly address: string;
  /** How many bits of the address are fixed. */
  readonly bits: number;
}

/** IPv4 addresses stand for themselves: mapped into IPv6 they would be a second way to write the same thing. */
const mapped = /^::ffff:/i;

/** A network in CIDR notation, IPv4 or IPv6, or a single address. */
export const AddressRange = z
  .string()
  .max(49)
  .refine((text) => parseRange(text) !== undefined, 'must be an IPv4 or IPv6 network such as 203.0.113.0/24')
  .meta({ id: 'AddressRange', examples: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7'] });

/**
 * Whether an address is in any of the ranges. An address that is not known is in none.
 *
 * @example
 * isWithin('203.0.113.9', ['203.0.113.0/24']); // true
 */
export function isWithin(address: string | undefined, ranges: readonly string[]): boolean {
  const one = address === undefined ? undefined : parseRange(address);
  return one !== undefined && covers(ranges, one);
}

/** The ranges that reach beyond the allowed ones. */
export function rangesBeyond(ranges: readonly string[], allowed: readonly string[]): string[] {
  return ranges.filter((text) => {
    const range = parseRange(text);
    return !range || !covers(allowed, range);
  });
}

/** One network is in another if its first address is, and it is no larger. */
function covers(ranges: readonly string[], { family, address, bits }: Range): boolean {
  return ranges.some((text) => {
    const range = parseRange(text);
    if (!range || range.family !== family || bits < range.bits) return false;
    const list = new BlockList();
    list.addSubnet(range.address, range.bits, family);
    return list.check(new SocketAddress({ address, family }));
  });
}

function parseRange(text: string): Range | undefined {
  const [, address = '', bits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0 || mapped.test(address)) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const size = sizes[family];
  const fixed = bits === undefined ? size : Number(bits);
  return fixed <= size ? { family, address, bits: fixed } : undefined;
}
