import { z } from 'zod';
import { exampleToken, OneTimeTokenText } from '../one-time-token/one-time-token.schemas.js';
import { PasswordText } from '../password/password.schemas.js';
import { InviteUserRequest } from '../user/user.schemas.js';

const { email, userName, displayName } = InviteUserRequest.shape;

/** The body of `POST /auth/set-up:confirm`. */
export const ConfirmSetUpRequest = z
  .strictObject({
    token: OneTimeTokenText.meta({ description: 'The token of the link that the first start printed.' }),
    email,
    password: PasswordText,
    userName,
    displayName,
  })
  .meta({
    id: 'ConfirmSetUpRequest',
    examples: [{ token: exampleToken, email: 'operator@example.com', password: 'nine plum trees in a row' }],
  });
export type ConfirmSetUpRequest = z.output<typeof ConfirmSetUpRequest>;
