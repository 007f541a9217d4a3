const newline = 0x0a;

/** A line has more bytes than it may have; it was not held in memory. */
export class LineTooLong extends Error {}

/**
 * The lines of a stream of bytes, without the newlines. The last one need not end with one; an empty file has none.
 *
 * @param maxBytes of one line.
 * @throws {LineTooLong}
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  maxBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let size = 0;
  const take = (part: Uint8Array): void => {
    size += part.length;
    if (size > maxBytes) throw new LineTooLong(`A line has more than ${maxBytes} bytes`);
    if (part.length > 0) held.push(part);
  };
  const finish = (): Buffer => {
    const line = Buffer.concat(held);
    held = [];
    size = 0;
    return line;
  };
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  if (size > 0) yield finish();
}
