import { assertStorable } from '../event/event-encoder.js';
import { UnstorableData } from '../event-store.errors.js';

const deepest = 32;
const bigintKey = '$bigint';

/**
 * A command's result as JSON; null for no result. Big integers, as positions have, are kept as such.
 *
 * @throws {UnstorableData} for what would come back as something else: a date, an instance of a class, `NaN`.
 */
export function encodeResult(result: unknown): string | null {
  if (result === undefined) return null;
  const plain = withoutBigints(result, deepest);
  assertStorable(plain, 'The result of the command', deepest);
  return JSON.stringify(plain);
}

/** The result of which {@link encodeResult} made this JSON. */
export function decodeResult(json: string | null): unknown {
  if (json === null) return undefined;
  return JSON.parse(json, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const { [bigintKey]: digits, ...rest } = value as Record<string, unknown>;
    const isBigint = typeof digits === 'string' && /^-?\d+$/.test(digits) && Object.keys(rest).length === 0;
    return isBigint ? BigInt(digits) : value;
  });
}

function withoutBigints(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return { [bigintKey]: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) throw new UnstorableData('The result of the command', 'too_deep', '');
  if (Array.isArray(value)) return value.map((item) => withoutBigints(item, depth - 1));
  // What is no plain object stays what it is, and is refused.
  if (Object.getPrototypeOf(Object.getPrototypeOf(value) ?? null) !== null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutBigints(item, depth - 1)]),
  );
}
