/**
 * Where an event stands in the log: the key of its order, and the cursor of those who read it.
 *
 * All three parts are needed. `position` alone is handed out before its transaction commits, so a reader that
 * remembers it alone loses what commits late. `transaction` orders by the writing transaction, all of whose
 * predecessors have ended once it can be read. `epoch` counts the clusters that the log has lived in, and their
 * timelines, because a transaction id means nothing outside the cluster that gave it out, and a promoted replica gives
 * out some of them again.
 */
export interface Position {
  readonly epoch: number;
  /** The id (`xid8`) of the transaction that wrote the event. */
  readonly transaction: bigint;
  /** The number of the event in the log: unique, and growing inside a transaction. It may have gaps. */
  readonly position: bigint;
}

/**
 * Compares two positions in the order of the log: negative, zero or positive, as `Array.sort` wants it.
 *
 * @example
 * positions.sort(comparePositions);
 */
export function comparePositions(a: Position, b: Position): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.transaction !== b.transaction) return a.transaction < b.transaction ? -1 : 1;
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  return 0;
}

/**
 * Writes a position as text, for a header, a cursor or a checkpoint.
 *
 * @example
 * formatPosition({ epoch: 1, transaction: 7421n, position: 98n }); // '1.7421.98'
 */
export function formatPosition({ epoch, transaction, position }: Position): string {
  return `${epoch}.${transaction}.${position}`;
}

const format = /^([1-9]\d{0,9})\.(\d{1,20})\.(\d{1,19})$/;
const largest = { epoch: 2 ** 31 - 1, transaction: 2n ** 64n - 1n, position: 2n ** 63n - 1n };

/**
 * Reads what {@link formatPosition} wrote.
 *
 * @returns undefined for text that is no position, or one that the log could never hold.
 * @example
 * const after = parsePosition(request.headers['min-event-position']);
 */
export function parsePosition(text: string): Position | undefined {
  const [, epoch, transaction, position] = format.exec(text) ?? [];
  if (epoch === undefined || transaction === undefined || position === undefined) return undefined;
  const parsed = { epoch: Number(epoch), transaction: BigInt(transaction), position: BigInt(position) };
  const fits =
    parsed.epoch <= largest.epoch &&
    parsed.transaction <= largest.transaction &&
    parsed.position <= largest.position;
  return fits ? parsed : undefined;
}
