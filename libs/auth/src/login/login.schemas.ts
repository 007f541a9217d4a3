import { z } from 'zod';
import { PasswordText } from '../password/password.schemas.js';
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
    examples: [{ tenant: 'acme', login: 'ada@example.com', password: 'nine plum trees in a row' }],
  });
export type LoginRequest = z.output<typeof LoginRequest>;

/** What carries a session from now on. */
const carrier = {
  token: z
    .string()
    .nullable()
    .meta({ description: 'For `Authorization: Bearer`, shown this once; null if a cookie has it.' }),
  csrfToken: z.string().nullable().meta({
    description: 'With a cookie, for the header `X-CSRF-Token` of requests that write; null without.',
  }),
};

/** Who is logged in, and for how long. */
export const LoginResponse = z
  .object({
    tenantId: z.uuid(),
    userId: z.uuid(),
    sessionId: z.uuid(),
    expiresAt: z.iso.datetime().meta({ description: 'When the session ends however much it is used.' }),
    ...carrier,
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

/** The body of `POST /me/password`. */
export const ChangePasswordRequest = z
  .strictObject({
    current: PasswordText.meta({ description: 'The password you have.' }),
    password: PasswordText.meta({
      description: 'The one you want: 12 to 256 characters of any kind, not your address or user name.',
      examples: ['ten pear trees in a row'],
    }),
  })
  .meta({
    id: 'ChangePasswordRequest',
    examples: [{ current: 'nine plum trees in a row', password: 'ten pear trees in a row' }],
  });
export type ChangePasswordRequest = z.output<typeof ChangePasswordRequest>;

/** What carries the session after a change of the password. */
export const PasswordChanged = z
  .object(carrier)
  .meta({ id: 'PasswordChanged', examples: [{ token: null, csrfToken: 'mZ3kPzYw2sQd8uVb1nXc5R' }] });
export type PasswordChanged = z.output<typeof PasswordChanged>;
