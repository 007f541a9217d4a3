import { defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';

const letter = z.object({
  /** The subscription or process manager. */
  reaction: z.string(),
  kind: z.enum(['event', 'timer', 'command']),
  /** The type of the event, or the name of the timer or command. */
  name: z.string(),
  /** How often it had been tried: since it was last retried, where the framework says so; in all, where an operator acts. */
  attempts: z.int().positive(),
});
const act = letter.extend({ reason: z.string() });

/** A delivery was given up after all its tries, for the first time or once more: what comes next waits behind it. */
export const DeadLetterOpened = defineEvent({ type: 'acci.dead_letter.opened', version: 1, schema: letter });

/** What an operator had delivered again has arrived. */
export const DeadLetterDelivered = defineEvent({
  type: 'acci.dead_letter.delivered',
  version: 1,
  schema: letter,
});

/** An operator had a dead letter delivered again. */
export const DeadLetterRetried = defineEvent({ type: 'acci.dead_letter.retried', version: 1, schema: act });

/** An operator gave a dead letter up; what waited behind it went on. */
export const DeadLetterDiscarded = defineEvent({
  type: 'acci.dead_letter.discarded',
  version: 1,
  schema: act,
});

export const deadLetterEvents = [
  DeadLetterOpened,
  DeadLetterRetried,
  DeadLetterDelivered,
  DeadLetterDiscarded,
];

export type DeadLetterEvent = EventOf<(typeof deadLetterEvents)[number]>;
/** What an operator did. */
export type DeadLetterActEvent = EventOf<typeof DeadLetterRetried | typeof DeadLetterDiscarded>;
/** What became of a delivery. */
export type DeadLetterFateEvent = EventOf<typeof DeadLetterOpened | typeof DeadLetterDelivered>;
