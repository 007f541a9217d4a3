import { defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';

/** An operator had events delivered to a subscription once more. */
export const SubscriptionReplayed = defineEvent({
  type: 'acci.subscription.replayed',
  version: 1,
  schema: z.object({
    subscription: z.string(),
    /** Events after this position of the log, as `formatPosition` writes it; without, from the first one on. */
    from: z.string().optional(),
    /** The position of the last event; without, the last one there was. */
    to: z.string().optional(),
    stream: z.object({ type: z.string(), id: z.string() }).optional(),
    reason: z.string(),
  }),
});
export type SubscriptionReplayed = EventOf<typeof SubscriptionReplayed>;
