import { formatPosition, type AppendResult } from '@acci/event-store';
import { setETag, setEventPosition, type AnyResponse } from '@acci/rest';
import type { UserWritten } from './user.schemas.js';

/** Answers a write: the version in body and `ETag`, the place in the event log in `Event-Position`. */
export function answerWritten(
  response: AnyResponse,
  { streamId, version, position }: AppendResult,
): UserWritten {
  setETag(response, version);
  setEventPosition(response, position && formatPosition(position));
  return { id: streamId, version };
}
