import { z } from 'zod';
import { exampleToken, OneTimeTokenText } from '../one-time-token/one-time-token.schemas.js';
import { PasswordText } from '../password/password.schemas.js';
import { TenantSlug } from '../tenant-of-request/tenant-of-request.schemas.js';

/** The body of `POST /auth/password-resets`. */
export const PasswordResetRequest = z
  .strictObject({
    tenant: TenantSlug.optional(),
    login: z
      .string()
      .trim()
      .min(1)
      .max(320)
      .meta({ description: 'Your e-mail address, or your user name.', examples: ['ada@example.com'] }),
  })
  .meta({ id: 'PasswordResetRequest', examples: [{ tenant: 'acme', login: 'ada@example.com' }] });
export type PasswordResetRequest = z.output<typeof PasswordResetRequest>;

/** The body of `POST /auth/password-resets:confirm`. */
export const ConfirmPasswordResetRequest = z
  .strictObject({ token: OneTimeTokenText, password: PasswordText })
  .meta({
    id: 'ConfirmPasswordResetRequest',
    examples: [{ token: exampleToken, password: 'nine plum trees in a row' }],
  });
export type ConfirmPasswordResetRequest = z.output<typeof ConfirmPasswordResetRequest>;
