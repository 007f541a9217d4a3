import fc from 'fast-check';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { HttpProblem } from '../problems/http-problem.js';
import { etagOf, ifNoneMatch, parseIfMatch } from './etag.js';
import { minEventPositionOf } from './positions.js';

function asking(position: string, method = 'GET'): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), {
    method,
    headers: { 'min-event-position': position },
  });
}

it('brings every version back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (version) => {
      expect(parseIfMatch(etagOf(version))).toBe(version);
      expect(ifNoneMatch(`W/${etagOf(version)}`, etagOf(version))).toBe(true);
    }),
  );
});

it('gives any header a version, none, or a refusal that blames the caller', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(W\/)?"[^"]*"$/)), (header) => {
      let status: unknown = 200;
      try {
        parseIfMatch(header);
      } catch (error) {
        status = error instanceof HttpProblem ? error.status : error;
      }
      expect([200, 400, 412]).toContain(status);
    }),
  );
});

it.each(['1', '1.7421', '1.7421.98'])('takes the position %s', (position) => {
  expect(minEventPositionOf(asking(position))).toBe(position);
  expect(minEventPositionOf(asking(position, 'POST'))).toBeUndefined();
});

it.each(['', '-1', '1.', '1.2.3.4', '1;2', 'a', '1'.repeat(21)])('refuses the position %j', (position) => {
  expect(() => minEventPositionOf(asking(position))).toThrow('Min-Event-Position');
});
