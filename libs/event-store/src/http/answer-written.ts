import { setETag, setEventPosition, type AnyResponse } from '@acci/rest';
import { formatPosition } from '../position.js';
import type { AppendResult } from '../store/event-store.options.js';

/** What the body of an answer to a write says. */
export interface Written {
  readonly id: string;
  readonly version: number;
}

/**
 * Answers a write: id and version in the body, the version in `ETag`, the place in the event log in `Event-Position`.
 *
 * @example
 * return answerWritten(response, await this.commandBus.execute(new ChangeOrder(ctx, id, changes)));
 */
export function answerWritten(
  response: AnyResponse,
  { streamId: id, version, position }: AppendResult,
): Written {
  setETag(response, version);
  answerPosition(response, { position });
  return { id, version };
}

/**
 * Says in `Event-Position` where in the event log a write landed; of one that changed nothing, nothing.
 *
 * @example
 * answerPosition(response, await this.commandBus.execute(new CloseOrder(ctx, id)));
 */
export function answerPosition(response: AnyResponse, { position }: Pick<AppendResult, 'position'>): void {
  setEventPosition(response, position && formatPosition(position));
}
