import { HttpProblem } from '../problems/http-problem.js';
import { type AnyRequest, type AnyResponse, headerOf, rawRequest, rawResponse } from '../request/raw.js';

const POSITION = /^[0-9]{1,20}(\.[0-9]{1,20}){0,2}$/;

/** The shape of a position, for OpenAPI. */
export const POSITION_PATTERN = POSITION.source;

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
 * The position that a read asks to have been seen, by `Min-Event-Position`; undefined for none and for a write.
 *
 * @throws HttpProblem 400 `request.event_position.invalid`
 */
export function minEventPositionOf(request: AnyRequest): string | undefined {
  const raw = rawRequest(request);
  const header = headerOf(raw, 'min-event-position');
  if (header === undefined || (raw.method !== 'GET' && raw.method !== 'HEAD')) return undefined;
  if (POSITION.test(header)) return header;
  throw new HttpProblem(
    400,
    'request.event_position.invalid',
    'Min-Event-Position must be an Event-Position that a write answered with.',
  );
}
