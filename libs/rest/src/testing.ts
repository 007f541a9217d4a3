import { Problem } from './problems/problem.js';
import { PROBLEM_MEDIA_TYPE } from './problems/send-problem.js';

export { type Message, MessageReader } from './testing/message-reader.js';

/**
 * The problem a response carries, checked: media type, shape, and that body and status agree.
 *
 * @throws Error if the response is no problem, with what it is instead
 * @example
 * const response = await fetch(`${url}/v1/nowhere`);
 * expect(await readProblem(response)).toMatchObject({ status: 404, code: 'request.route.not_found' });
 */
export async function readProblem(response: Response): Promise<Problem> {
  const body = await response.text();
  const type = response.headers.get('content-type') ?? 'none';
  if (!type.startsWith(PROBLEM_MEDIA_TYPE)) {
    throw new Error(`Expected a problem, got ${response.status} of type ${type}: ${body.slice(0, 500)}`);
  }
  const problem = Problem.parse(JSON.parse(body));
  if (problem.status !== response.status) {
    throw new Error(`The problem says ${problem.status}, the response ${response.status}`);
  }
  return problem;
}
