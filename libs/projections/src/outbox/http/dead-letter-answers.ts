import type { DeadLetter } from '../dead-letters.js';
import type { DeadLetterResponse } from './dead-letters.schemas.js';

/** A dead letter as programs are shown it. */
export function toDeadLetterResponse({
  failedAt,
  event,
  settled: by,
  ...letter
}: DeadLetter): DeadLetterResponse {
  return {
    ...letter,
    event: event ?? null,
    failedAt: failedAt.toISOString(),
    settled: by ? { ...by, at: by.at.toISOString() } : null,
  };
}
