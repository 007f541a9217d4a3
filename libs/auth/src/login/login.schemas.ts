import { z } from 'zod';
import { PasswordText } from '../password/password.schemas.js';
import { sessionCarrier } from '../session/session-carrier.js';
import { TenantSlug } from '../tenant-of-request/tenant-of-request.schemas.js';

const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';

/** The body of `POST /auth/login`. */
export const LoginRequest = z
  .strictObject({
    tenant: TenantSlug.optional(),
    login: z
      .string()
      .trim()
      .min(1)
      .max(320)
      .meta({ description: 'Your e-mail address, or your user name.', examples: ['ada@example.com'] }),
    password: PasswordText,
    as: z.enum(['token', 'cookie']).default('token').meta({
      description: 'What carries the session: a token for programs, or a cookie for browsers.',
    }),
    device: z.string().min(1).max(500).optional().meta({
      description:
        'What an earlier answer said under `device`, so that you do not wait for others’ wrong guesses.',
    }),
  })
  .meta({
    id: 'LoginRequest',
    // Somebody of the demo that `npm run seed` makes: it works in Swagger UI as it stands.
    examples: [{ tenant: 'acme', login: 'ada@acme.example', password: 'just a demo, nothing more' }],
  });
export type LoginRequest = z.output<typeof LoginRequest>;

/** Who is logged in, and for how long. */
export const LoginResponse = z
  .object({
    tenantId: z.uuid(),
    userId: z.uuid(),
    sessionId: z.uuid(),
    expiresAt: z.iso.datetime().meta({ description: 'When the session ends however much it is used.' }),
    ...sessionCarrier,
    device: z.string().nullable().meta({
      description:
        'Keep it, and send it with the next login of the same user; null if a cookie has it. It opens nothing by itself.',
    }),
  })
  .meta({
    id: 'LoggedIn',
    examples: [
      {
        tenantId: exampleId,
        userId: exampleId,
        sessionId: exampleId,
        expiresAt: '2026-02-01T09:30:00.000Z',
        token:
          'accisession_0f4kPzYw2sQd8uVb1nXc5R_0f4kPzYw2sQd8uVb1nXc5R_aZ3kPzYw2sQd8uVb1nXc5RaZ3kPzYw2sQd8uVb1nXc5R_1x9Kb2',
        csrfToken: null,
        device: 'q83vEjRWeJC8mrze8BI0VniQ',
      },
    ],
  });
export type LoginResponse = z.output<typeof LoginResponse>;
