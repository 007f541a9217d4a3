import { DatabaseTimeout, DatabaseUnavailable } from '@acci/database';
import type { RecordedEvent } from '@acci/event-store';
import { backoffMs, failureOf, isUnavailable } from './failures.js';

const event = {
  position: { epoch: 1, transaction: 7n, position: 9n },
  id: 'e',
  type: 'a.b.c',
  tenantId: 't',
} as RecordedEvent;
const messageOf = (error: unknown) => failureOf(event, error).message;

describe('a failure', () => {
  it('names the event but none of its data', () => {
    expect(failureOf(event, new TypeError('x is not a function'))).toEqual({
      position: '1.7.9',
      eventId: 'e',
      eventType: 'a.b.c',
      tenantId: 't',
      message: 'TypeError: x is not a function',
      failedAt: expect.any(String) as string,
    });
    const refused = Object.assign(new Error('invalid input syntax for type integer: "ada@example.com"'), {
      name: 'error',
      code: '22P02',
      severity: 'ERROR',
    });
    expect(messageOf(refused)).toBe('error 22P02: invalid input syntax for type integer: "…"');
  });

  it('has nothing of the data of its event in it, whoever quoted that', () => {
    const data = { email: 'ada@example.com', names: ['Ada Lovelace'], short: 'a' };
    const thrown = new Error('Ada Lovelace <ada@example.com> is not a customer');
    expect(failureOf({ ...event, data }, thrown).message).toBe('Error: … <…> is not a customer');
  });

  it('is one line of bounded length', () => {
    expect(messageOf(new Error('two\nlines\u0000'))).toBe('Error: two lines ');
    expect(messageOf(new Error('x'.repeat(10_000)))).toHaveLength(300);
    expect(messageOf('just text')).toBe('The handler threw something that is no Error');
  });

  it('of the database as such is not held against the event; a time-out may be', () => {
    expect(isUnavailable(new DatabaseUnavailable('gone'))).toBe(true);
    expect(isUnavailable(new DatabaseTimeout('slow'))).toBe(false);
    expect(isUnavailable(new Error('mine'))).toBe(false);
  });
});

describe('the backoff', () => {
  it('doubles up to its limit, with jitter', () => {
    const retry = { attempts: 9, minMs: 100, maxMs: 1_000 };
    for (const [failures, full] of [
      [1, 100],
      [2, 200],
      [4, 800],
      [5, 1_000],
      [50, 1_000],
    ] as const) {
      const ms = backoffMs(failures, retry);
      expect(ms).toBeGreaterThanOrEqual(full / 2);
      expect(ms).toBeLessThanOrEqual(full);
    }
  });
});
