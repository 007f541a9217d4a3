import type { Position } from '../position.js';
import { comparePositions } from '../position.js';
import { criteriaOf, wantedJson, type AppendCondition, type QueryPosition } from './event-query.js';
import type { Tag } from './tag.js';

/** A condition as the statements take it. */
export interface PreparedCondition {
  /** Every tag that an event which violates the condition may have been found by. */
  readonly tags: readonly Tag[];
  /** Values of `refuseIfNewer`, but for the tenant. */
  readonly values: readonly unknown[];
}

const beginning: Position = { epoch: 0, transaction: 0n, position: 0n };

/**
 * Makes a condition ready to be sent.
 *
 * @throws {RangeError} for criteria without a tag: what no tag stands for cannot be locked.
 */
export function prepareCondition(
  { after, ...query }: AppendCondition,
  sourcesOf: (types: readonly string[]) => readonly string[],
): PreparedCondition {
  const criteria = criteriaOf(query);
  const tags = criteria.flatMap(({ tags = [] }) => tags);
  if (criteria.length === 0 || criteria.some(({ tags: own }) => !own?.length))
    throw new RangeError('Each criteria of an append condition needs a tag');
  const read = after ?? beginning;
  const from = firstUnknown(read);
  const values = [wantedJson(criteria, sourcesOf), ...valuesOf(from), ...valuesOf(read)];
  return { tags, values: [...values, after?.seen?.epoch ?? null, after?.seen?.snapshot ?? null] };
}

/** Where the first event may stand that a query which ended here has not seen. */
function firstUnknown(read: QueryPosition): Position {
  const { seen } = read;
  if (!seen) return read;
  // A snapshot as text is `xmin:xmax:…`, and every transaction before xmin had ended.
  const [xmin = '0'] = seen.snapshot.split(':');
  const open = { epoch: seen.epoch, transaction: BigInt(xmin), position: 0n };
  return comparePositions(open, read) < 0 ? open : read;
}

/** A position as statements take it. */
export function valuesOf({ epoch, transaction, position }: Position = beginning): readonly unknown[] {
  return [epoch, transaction, position];
}
