import { z } from 'zod';
import { exampleToken, OneTimeTokenText } from '../one-time-token/one-time-token.schemas.js';
import { PasswordText } from '../password/password.schemas.js';
import { ChangeMeRequest } from '../user/user.schemas.js';

/** The body of `POST /auth/invitations:accept`. */
export const AcceptInvitationRequest = z
  .strictObject({
    token: OneTimeTokenText,
    password: PasswordText,
    profile: z.strictObject(ChangeMeRequest.shape).optional().meta({
      description: 'What you are called, where that differs from what is known; null takes it away.',
    }),
  })
  .meta({
    id: 'AcceptInvitationRequest',
    examples: [
      {
        token: exampleToken,
        password: 'nine plum trees in a row',
        profile: { displayName: 'Ada Lovelace' },
      },
    ],
  });
export type AcceptInvitationRequest = z.output<typeof AcceptInvitationRequest>;

/** Where to log in now, and as whom. */
export const JoinedResponse = z
  .object({
    tenant: z.string().meta({ description: 'The tenant’s slug.' }),
    email: z.string().meta({ description: 'Your address there, to log in with.' }),
  })
  .meta({ id: 'Joined', examples: [{ tenant: 'acme', email: 'ada@example.com' }] });
export type JoinedResponse = z.output<typeof JoinedResponse>;
