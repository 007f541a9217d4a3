import fc from 'fast-check';
import { correlationIdFrom, traceparentFrom } from './correlation.js';

describe('correlationIdFrom', () => {
  it.each(['a', 'order-42', '018f3c9e-7a2b', 'a.b:c/d+e=f@g_h', 'x'.repeat(128)])('keeps %s', (id) => {
    expect(correlationIdFrom(id)).toBe(id);
  });

  it('never lets anything out that could break a header or a log line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        expect(correlationIdFrom(id)).toMatch(/^[\x21-\x7e]{1,128}$/);
        expect(correlationIdFrom(id)).not.toMatch(/["'<>,;\\{}]/);
      }),
    );
  });
});

describe('traceparentFrom', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const made = /^00-(?!4bf92f35)[0-9a-f]{32}-[0-9a-f]{16}-00$/;

  it('goes on with a trace under a span of its own', () => {
    const given = `00-${trace}-00f067aa0ba902b7-01`;
    expect(traceparentFrom(given)).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect(traceparentFrom(given)).not.toBe(given);
    expect(traceparentFrom(`cc-${trace}-00f067aa0ba902b7-01-later`)).toContain(trace);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `ff-${trace}-00f067aa0ba902b7-01`,
    `00-${trace}-00f067aa0ba902b7-01-more`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${trace.toUpperCase()}-00f067aa0ba902b7-01`,
  ])('starts a new trace for %s', (given) => {
    expect(traceparentFrom(given)).toMatch(made);
  });
});
