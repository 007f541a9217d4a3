import {
  BadRequestException,
  ConflictException,
  ImATeapotException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { HttpProblem } from './http-problem.js';
import { toFailure } from './to-failure.js';

const coded = (kind: unknown, code: unknown = 'area.noun.reason') =>
  Object.assign(new Error('A domain word'), { code, kind });

describe('toFailure', () => {
  it.each([
    ['invalid', 422],
    ['unauthenticated', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['conflict', 409],
    ['precondition_failed', 412],
    ['too_large', 413],
    ['limited', 429],
    ['unavailable', 503],
  ])('gives the kind %s the status %i', (kind, status) => {
    expect(toFailure(coded(kind))).toMatchObject({
      status,
      code: 'area.noun.reason',
      detail: 'A domain word',
    });
  });

  it.each([
    new Error('secret'),
    coded('unheard_of'),
    coded('toString'),
    coded('conflict', 'ECONNREFUSED'),
    coded('conflict', '23505'),
    Object.assign(new Error('secret'), { statusCode: 503 }),
    'secret',
    undefined,
    { code: 'area.noun.reason', kind: 'conflict' },
  ])('lets nothing of %p leave', (error) => {
    const failure = toFailure(error);
    expect(failure.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(failure)).not.toMatch(/secret|domain word/);
  });

  it("keeps the words of Nest's exceptions below 500 and its details, but not a parser's words", () => {
    expect(toFailure(new ConflictException('Twice.'))).toMatchObject({ status: 409, detail: 'Twice.' });
    expect(toFailure(new ImATeapotException('Short.'))).toMatchObject({
      status: 418,
      code: 'request.refused',
    });
    const unready = toFailure(
      new ServiceUnavailableException({ message: 'secret', info: { database: 'down' } }),
    );
    expect(unready).toMatchObject({ status: 503, details: { info: { database: 'down' } } });
    expect(JSON.stringify(unready)).not.toContain('secret');
    const cause = Object.assign(new SyntaxError('"hunter2" is not JSON'), { status: 400 });
    expect(JSON.stringify(toFailure(new BadRequestException(cause.message, { cause })))).not.toContain(
      'hunter2',
    );
    expect(toFailure(new BadRequestException(['a is wrong', 'b is wrong'])).errors).toHaveLength(2);
  });

  it('lets nothing leave of an error that was caught and put into a Nest exception', () => {
    const caught = Object.assign(new Error('secret'), { query: 'select secret', parameters: ['secret'] });
    for (const error of [new BadRequestException(caught), new ServiceUnavailableException(caught)]) {
      expect(toFailure(error)).toMatchObject({ status: error.getStatus() });
      expect(JSON.stringify(toFailure(error))).not.toContain('secret');
    }
  });

  it('takes an HttpProblem as it is', () => {
    const problem = new HttpProblem(428, 'a.b', 'Words.', { retryAfter: 3, details: { left: 0 } });
    expect(toFailure(problem)).toMatchObject({ status: 428, code: 'a.b', detail: 'Words.', retryAfter: 3 });
  });
});
