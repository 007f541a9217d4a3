import { z } from 'zod';
import { sessionCarrier } from '../session/session-carrier.js';

/** A password in a request. Only its length is bounded here; what it must be is for `Passwords` to say. */
export const PasswordText = z
  .string()
  .min(1)
  .max(1_000)
  .meta({ description: 'A password, of any characters.', examples: ['nine plum trees in a row'] });

/** The body of `POST /me/password`. */
export const ChangePasswordRequest = z
  .strictObject({
    current: PasswordText.meta({ description: 'The password you have.' }),
    password: PasswordText.meta({
      description:
        'The one you want: 12 to 256 characters of any kind, nothing common, not your address or user name.',
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
  .object(sessionCarrier)
  .meta({ id: 'PasswordChanged', examples: [{ token: null, csrfToken: 'mZ3kPzYw2sQd8uVb1nXc5R' }] });
export type PasswordChanged = z.output<typeof PasswordChanged>;
