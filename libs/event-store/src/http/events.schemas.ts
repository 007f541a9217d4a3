import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';

const exampleTime = '2026-01-31T09:30:00.000Z';
const exampleStream = '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f';
const exampleEvent = {
  position: '1.7421.98',
  streamType: 'tenancy.tenant',
  streamId: exampleStream,
  version: 1,
  id: '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8ea0',
  type: 'tenancy.tenant.suspended',
  schemaVersion: 1,
  data: { reason: 'Invoice 2026-014 is unpaid' },
  metadata: { actor: 'key:019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8ea1', correlationId: 'order-42' },
  recordedAt: exampleTime,
};

const typeName = z
  .string()
  .max(200)
  .regex(/^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/, 'Not a type such as area.noun');
// What PostgreSQL can hold; that it names something is another question.
const text = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'Not valid Unicode, or with a NUL');

/** The path parameter that names the type of a stream. */
export const StreamTypeParam = typeName.meta({
  description: 'The type of the stream: `streamType` of any event in `GET /v1/events`.',
  examples: ['tenancy.tenant'],
});
/** The path parameter that names a stream. */
export const StreamIdParam = text(255).meta({
  description: 'The id of the stream: `streamId` of any event in `GET /v1/events`.',
  examples: [exampleStream],
});

const raw = z
  .stringbool()
  .default(false)
  .meta({
    description:
      'Show events as they are stored: in the schema versions and under the types of their day, personal fields encrypted.',
    enum: ['true', 'false'],
  });

// As a date, since PostgreSQL does not read all that ISO 8601 writes: a year 0, or an offset of 20 hours.
const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** The query of `GET /event-streams/{type}/{id}`. */
export const ReadStreamQuery = pageQuery().extend({
  raw,
  direction: z
    .enum(['forwards', 'backwards'])
    .default('forwards')
    .meta({ description: 'From the first event on, or back from the last.' }),
});
export type ReadStreamQuery = z.output<typeof ReadStreamQuery>;

const types = z
  .string()
  .max(2_000)
  .transform((list) => list.split(','))
  .pipe(z.array(typeName).min(1).max(50))
  .meta({
    description:
      'Only events of these types, separated by commas, such as `tenancy.tenant.created,tenancy.tenant.suspended`.',
  });

/** The query of `GET /events`. */
export const ReadEventsQuery = pageQuery().extend({
  raw,
  types: types.optional(),
  streamType: typeName.optional().meta({ description: 'Only events of streams of this type.' }),
  streamId: text(255).optional().meta({ description: 'Only events of this stream.' }),
  correlationId: text(200).optional().meta({
    description:
      'Only events with this correlation id: all that one request caused, directly and indirectly.',
  }),
  causationId: text(200).optional().meta({ description: 'Only what this event or command directly caused.' }),
  // Without examples: Swagger UI would fill them in, and nothing happened between them.
  from: time
    .optional()
    .meta({ description: `Only events recorded at this time or later, such as \`${exampleTime}\`.` }),
  to: time
    .optional()
    .meta({ description: `Only events recorded before this time, such as \`${exampleTime}\`.` }),
});
export type ReadEventsQuery = z.output<typeof ReadEventsQuery>;

/** The query of `GET /events/stream`. */
export const FollowEventsQuery = ReadEventsQuery.omit({ limit: true, from: true, to: true }).extend({
  cursor: ReadEventsQuery.shape.cursor.meta({
    description:
      'Where to begin: `resume` of `GET /v1/events` with the same filters. `Last-Event-ID` wins over it; without either the stream begins now.',
  }),
});
export type FollowEventsQuery = z.output<typeof FollowEventsQuery>;

/** The query of `GET /event-streams/{type}/{id}/stream`. */
export const FollowStreamQuery = ReadStreamQuery.pick({ raw: true });
export type FollowStreamQuery = z.output<typeof FollowStreamQuery>;

/** An event, for those who read them over HTTP. */
export const EventResponse = z
  .object({
    position: z.string().meta({ description: 'Its place in the log; also good for `Min-Event-Position`.' }),
    part: z.int().optional().meta({
      description:
        'Given where an event of old is read as several: 1 for the second. They share their position.',
    }),
    streamType: z.string(),
    streamId: z.string(),
    version: z.int().meta({ description: 'The number of the event in its stream, from 1.' }),
    id: z.uuid(),
    type: z.string(),
    schemaVersion: z.int().meta({ description: 'The version of the schema of `data`.' }),
    data: z.unknown().meta({ description: 'As the schema in `GET /v1/event-types` says.' }),
    metadata: z.object({
      actor: z.string(),
      correlationId: z.string(),
      causationId: z.string().optional(),
      commandId: z.string().optional(),
    }),
    recordedAt: z.iso.datetime(),
  })
  .meta({ id: 'Event', examples: [exampleEvent] });
export type EventResponse = z.output<typeof EventResponse>;

/** A page of a stream. */
export const EventStreamPage = pageSchema(EventResponse, 'EventStreamPage');

/** A page of a tenant's feed. */
export const EventFeedPage = pageSchema(EventResponse, 'EventPage')
  .extend({
    resume: z.string().meta({
      description:
        'The cursor to come back with later, on the last page too: it finds what happened since, and nothing twice.',
    }),
  })
  .meta({ id: 'EventFeedPage' });
export type EventFeedPage = z.output<typeof EventFeedPage>;

/** The answer of `GET /event-types`. */
export const EventTypesResponse = z
  .object({
    items: z.array(
      z.object({
        type: z.string(),
        streamType: z
          .string()
          .meta({ description: 'The type of the streams that hold it; `*` for those of every type.' }),
        producedBy: z
          .array(z.string())
          .meta({ description: 'The types of the streams that may record it; none for a type of the past.' }),
        versions: z.array(
          z.object({
            version: z.int(),
            current: z.boolean().meta({ description: 'False for what is only read any more.' }),
            schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of `data`.' }),
            personal: z.array(z.object({ pointer: z.string(), subject: z.string() })).meta({
              description: 'The fields that say something about a person, and where that one is named.',
            }),
            upcastsTo: z
              .array(z.object({ type: z.string(), version: z.int() }))
              .meta({ description: 'What it is read as, unless asked for raw.' }),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'EventTypes', description: 'Every type of event that this server knows.' });
export type EventTypesResponse = z.output<typeof EventTypesResponse>;
