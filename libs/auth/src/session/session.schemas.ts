import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';

const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';
const exampleTime = '2026-01-31T09:30:00.000Z';
const moment = z.iso.datetime();

/** The path parameter that names a session. */
export const SessionId = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'The session’s id.', examples: [exampleId] });

const impersonator = z
  .object({
    actor: z.string().meta({ description: 'Who acts in truth, as an actor of the platform.' }),
    reason: z.string().meta({ description: 'Why.' }),
  })
  .nullable()
  .meta({ description: 'The platform’s operator who acts here; null if it is the user.' });

const session = {
  id: z.uuid(),
  createdAt: moment,
  lastSeenAt: moment.meta({ description: 'When it was last used, to the minute.' }),
  expiresAt: moment.meta({ description: 'When it ends however much it is used.' }),
  idleEndsAt: moment.meta({ description: 'When it ends if it is not used.' }),
  device: z.string().nullable().meta({ description: 'What was used to log in, as it called itself.' }),
  address: z.string().nullable().meta({ description: 'Where from.' }),
  amr: z.array(z.string()).meta({
    description: 'How the user showed who they are, in the words of RFC 8176, such as `pwd`.',
  }),
  impersonator,
};

const example = {
  id: exampleId,
  createdAt: exampleTime,
  lastSeenAt: exampleTime,
  expiresAt: '2026-02-01T09:30:00.000Z',
  idleEndsAt: '2026-01-31T10:30:00.000Z',
  device: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  address: '192.0.2.7',
  amr: ['pwd'],
  impersonator: null,
};

/** A session as its user sees it. */
export const SessionResponse = z
  .object({
    ...session,
    current: z.boolean().meta({ description: 'Whether it is the one that this request is of.' }),
  })
  .meta({ id: 'Session', examples: [{ ...example, current: true }] });
export type SessionResponse = z.output<typeof SessionResponse>;

/** The answer to `GET /auth/session`. */
export const CurrentSessionResponse = z
  .object({
    ...session,
    tenantId: z.uuid(),
    userId: z.uuid().nullable().meta({ description: 'Null for an operator who is nobody in particular.' }),
    permissions: z
      .array(z.string())
      .meta({ description: 'What you may do everywhere in the tenant; `*` is everything.' }),
    csrfToken: z.string().nullable().meta({
      description:
        'For the header `X-CSRF-Token` of requests that change something; null if the session is in no cookie.',
    }),
  })
  .meta({
    id: 'CurrentSession',
    examples: [
      {
        ...example,
        tenantId: exampleId,
        userId: exampleId,
        permissions: ['auth.me.*', 'auth.sessions.*'],
        csrfToken: null,
      },
    ],
  });
export type CurrentSessionResponse = z.output<typeof CurrentSessionResponse>;

/** A page of sessions. */
export const SessionPage = pageSchema(SessionResponse, 'SessionPage');

/** The query of lists of sessions. */
export const ListSessionsQuery = pageQuery();
export type ListSessionsQuery = z.output<typeof ListSessionsQuery>;

/** How many sessions were ended. */
export const SessionsEnded = z
  .object({ ended: z.int().meta({ description: 'How many.' }) })
  .meta({ id: 'SessionsEnded', examples: [{ ended: 2 }] });
export type SessionsEnded = z.output<typeof SessionsEnded>;
