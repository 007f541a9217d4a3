import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { decorateMethod } from '../openapi/decorate-method.js';
import { HttpProblem } from '../problems/http-problem.js';
import { type AnyRequest, type AnyResponse, headerOf, rawRequest, rawResponse } from '../request/raw.js';

const POSITION = /^[0-9]{1,20}(\.[0-9]{1,20}){0,2}$/;

/**
 * Says in `Event-Position` where in the event log a write landed. Undefined (nothing was appended): no header.
 *
 * @param position as `formatPosition` of `@acci/event-store` writes it
 * @example
 * setEventPosition(response, '1.7421.98');
 */
export function setEventPosition(response: AnyResponse, position: string | undefined): void {
  if (position !== undefined) rawResponse(response).setHeader('Event-Position', position);
}

/**
 * The position a `Min-Event-Position` header asks a read to have seen.
 *
 * @throws HttpProblem 400 `request.event_position.invalid`
 * @example
 * parseMinEventPosition('1.7421.98');
 */
export function parseMinEventPosition(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (POSITION.test(header)) return header;
  throw new HttpProblem(
    400,
    'request.event_position.invalid',
    'Min-Event-Position must be an Event-Position that a write answered with.',
  );
}

const readMinEventPosition = (_data: unknown, context: ExecutionContext): string | undefined =>
  parseMinEventPosition(
    headerOf(rawRequest(context.switchToHttp().getRequest<AnyRequest>()), 'min-event-position'),
  );

/**
 * Injects the `Event-Position` that a read must have seen (read your own writes): `string | undefined`.
 *
 * @example
 * list(@MinEventPosition() position: string | undefined) {}
 */
export const MinEventPosition = createParamDecorator(readMinEventPosition, [
  decorateMethod(
    ApiHeader({
      name: 'Min-Event-Position',
      description:
        'An `Event-Position` that a write answered with: the read waits until it shows that write.',
      schema: { type: 'string', pattern: POSITION.source },
      required: false,
    }),
  ),
]);
