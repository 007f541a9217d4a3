import { InvalidConfiguration } from '@acci/api';
import { DatabaseBusy } from '@acci/database';
import { InvalidSubjectId, TenantNotEmpty } from '@acci/event-store';
import { TenantNotFound } from '@acci/tenancy';
import { exitCodeOf, UsageError } from './exit-codes.js';

describe('exitCodeOf', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

  it.each([
    ['a wrong command line', new UsageError('x'), 2],
    ['a wrong environment', new InvalidConfiguration('x'), 2],
    [
      'the commander’s refusal',
      Object.assign(new Error('x'), { code: 'commander.unknownOption', exitCode: 1 }),
      2,
    ],
    ['help', Object.assign(new Error('x'), { code: 'commander.helpDisplayed', exitCode: 0 }), 0],
    ['what is not there', new TenantNotFound('x'), 3],
    ['a conflict', new TenantNotEmpty(), 4],
    ['bad input', new InvalidSubjectId(), 4],
    ['a busy database', new DatabaseBusy('x'), 5],
    ['a server that does not answer', refused, 5],
    ['a server with two addresses, neither of which answers', new AggregateError([refused, refused]), 5],
    ['a server that shuts down', Object.assign(new Error('x'), { code: '57P01' }), 5],
    ['anything else', new Error('x'), 1],
    ['what is no error', 'x', 1],
  ])('%s', (_name, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
