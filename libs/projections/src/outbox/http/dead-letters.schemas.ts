import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';

const exampleId = '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8ea4';
const example = {
  id: exampleId,
  reaction: 'shop.order-webhook',
  kind: 'event',
  name: 'shop.order.placed',
  lane: 'order-42',
  waiting: 3,
  event: { streamType: 'shop.order', streamId: 'order-42', version: 1 },
  attempts: 8,
  error: 'Error: The receiver answered 503',
  failedAt: '2026-01-31T09:30:00.000Z',
  status: 'open',
  settled: null,
};

const status = z.enum(['open', 'retrying', 'discarded']);

/** The path parameter that names a dead letter. */
export const DeadLetterId = z.uuid().meta({
  description: 'The id of a dead letter: `id` of any in `GET /v1/dead-letters`.',
  examples: [exampleId],
});

/** The query of `GET /dead-letters`. */
export const ListDeadLettersQuery = pageQuery().extend({
  status: status.optional().meta({ description: 'Only those in this state, such as `open`.' }),
  reaction: z
    .string()
    .max(200)
    .regex(/^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/, 'Not a name such as area.noun')
    .optional()
    .meta({
      description: 'Only those of this subscription or process manager, such as `shop.order-webhook`.',
    }),
});
export type ListDeadLettersQuery = z.output<typeof ListDeadLettersQuery>;

/** The query of `GET /dead-letters/stream`. */
export const FollowDeadLettersQuery = ListDeadLettersQuery.omit({ limit: true, cursor: true });
export type FollowDeadLettersQuery = z.output<typeof FollowDeadLettersQuery>;

/** The body of the acts. */
export const DeadLetterAct = z
  .strictObject({
    reason: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .refine((text) => text.isWellFormed() && !text.includes('\0'), 'Not valid Unicode, or with a NUL')
      .meta({ description: 'Why; it is kept with who did it.' }),
  })
  .meta({ id: 'DeadLetterAct', examples: [{ reason: 'The receiver is back' }] });
export type DeadLetterAct = z.output<typeof DeadLetterAct>;

/** A dead letter, over HTTP. */
export const DeadLetterResponse = z
  .object({
    id: z.uuid(),
    reaction: z.string().meta({ description: 'The subscription or process manager.' }),
    kind: z
      .enum(['event', 'timer', 'command'])
      .meta({ description: 'What could not be delivered: an event, or a timer or command of a process.' }),
    name: z.string().meta({ description: 'The type of the event, or the name of the timer or command.' }),
    lane: z.string().meta({ description: 'The stream or process in which everything waits behind it.' }),
    waiting: z.int().meta({ description: 'How much waits behind it, counted up to 1,000.' }),
    event: z
      .object({ streamType: z.string(), streamId: z.string(), version: z.int() })
      .nullable()
      .meta({ description: 'Where the event is: see `GET /v1/event-streams/{type}/{id}`.' }),
    attempts: z.int(),
    error: z.string().meta({ description: 'The last error, without the event’s data.' }),
    failedAt: z.iso.datetime(),
    status: status.meta({
      description:
        '`retrying` until it has arrived, when it is gone from here, or has failed again, when it is `open`.',
    }),
    settled: z
      .object({ by: z.string(), reason: z.string(), at: z.iso.datetime() })
      .nullable()
      .meta({ description: 'Who retried or discarded it, and why.' }),
  })
  .meta({ id: 'DeadLetter', examples: [example] });
export type DeadLetterResponse = z.output<typeof DeadLetterResponse>;

/** A page of dead letters. */
export const DeadLetterPage = pageSchema(DeadLetterResponse, 'DeadLetterPage');
