import { defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';

const act = z.object({
  /** The subscription or process manager. */
  reaction: z.string(),
  kind: z.enum(['event', 'timer', 'command']),
  /** The type of the event, or the name of the timer or command. */
  name: z.string(),
  /** How often it had been tried. */
  attempts: z.int().positive(),
  reason: z.string(),
});

/** An operator had a dead letter delivered again. */
export const DeadLetterRetried = defineEvent({ type: 'acci.dead_letter.retried', version: 1, schema: act });

/** An operator gave a dead letter up; what waited behind it went on. */
export const DeadLetterDiscarded = defineEvent({
  type: 'acci.dead_letter.discarded',
  version: 1,
  schema: act,
});

export type DeadLetterEvent = EventOf<typeof DeadLetterRetried | typeof DeadLetterDiscarded>;
