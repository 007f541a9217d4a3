import { z } from 'zod';
import { exampleToken, OneTimeTokenText } from '../one-time-token/one-time-token.schemas.js';
import { PasswordText } from '../password/password.schemas.js';
import { InviteUserRequest } from '../user/user.schemas.js';

/** The body of `POST /me/email`. */
export const ChangeEmailRequest = z
  .strictObject({
    email: InviteUserRequest.shape.email,
    password: PasswordText.meta({
      description: 'Your password, so that nobody does this at your open screen.',
    }),
  })
  .meta({
    id: 'ChangeEmailRequest',
    examples: [{ email: 'countess@example.com', password: 'nine plum trees in a row' }],
  });
export type ChangeEmailRequest = z.output<typeof ChangeEmailRequest>;

/** The body of `POST /auth/email-changes:confirm`. */
export const ConfirmEmailChangeRequest = z
  .strictObject({ token: OneTimeTokenText })
  .meta({ id: 'ConfirmEmailChangeRequest', examples: [{ token: exampleToken }] });
export type ConfirmEmailChangeRequest = z.output<typeof ConfirmEmailChangeRequest>;
