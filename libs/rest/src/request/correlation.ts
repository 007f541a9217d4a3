import { randomUUID } from 'node:crypto';

const CORRELATION_ID = /^[A-Za-z0-9._:/+=@-]{1,128}$/;
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/**
 * The correlation id of a request: the caller's if it is 1 to 128 characters that are safe in a header, a log
 * line and a database, else a new UUID. A bad one is replaced, never refused: it isn't worth a failed request.
 *
 * @example
 * correlationIdFrom('order-42'); // 'order-42'
 */
export function correlationIdFrom(header: string | undefined): string {
  return header !== undefined && CORRELATION_ID.test(header) ? header : randomUUID();
}

/**
 * The W3C `traceparent` to go on with: the caller's trace and flags under a span of our own, or a new trace.
 *
 * @see https://www.w3.org/TR/trace-context/
 * @example
 * traceparentFrom('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
 */
export function traceparentFrom(header: string | undefined): string {
  const match = header === undefined ? null : TRACEPARENT.exec(header);
  const random = randomUUID();
  const span = random.slice(19, 23) + random.slice(24);
  if (match) {
    const [, version, trace, parent, flags, more] = match;
    // Version ff is forbidden; version 00 has exactly four fields, later ones may add some.
    const valid = version !== 'ff' && trace !== NO_TRACE && parent !== NO_SPAN && !(version === '00' && more);
    if (valid) return `00-${trace}-${span}-${flags}`;
  }
  return `00-${randomUUID().replaceAll('-', '')}-${span}-00`;
}
