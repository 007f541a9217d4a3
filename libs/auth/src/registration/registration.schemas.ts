import { z } from 'zod';
import { AcceptInvitationRequest } from '../invitation/invitation.schemas.js';
import { exampleToken } from '../one-time-token/one-time-token.schemas.js';
import { InviteUserRequest } from '../user/user.schemas.js';
import { TenantSlug } from '../tenant-of-request/tenant-of-request.schemas.js';

/** The body of `POST /auth/registrations`. Who somebody is, they say when they confirm that the address is theirs. */
export const RegisterRequest = z
  .strictObject({
    tenant: TenantSlug.optional(),
    email: InviteUserRequest.shape.email,
    locale: InviteUserRequest.shape.locale.meta({
      description: 'The language of the mail; the tenant’s, if left out.',
    }),
  })
  .meta({ id: 'RegisterRequest', examples: [{ tenant: 'acme', email: 'ada@example.com', locale: 'en' }] });
export type RegisterRequest = z.output<typeof RegisterRequest>;

/** The body of `POST /auth/registrations:confirm`. */
export const ConfirmRegistrationRequest = z.strictObject(AcceptInvitationRequest.shape).meta({
  id: 'ConfirmRegistrationRequest',
  examples: [{ token: exampleToken, password: 'nine plum trees in a row' }],
});
export type ConfirmRegistrationRequest = z.output<typeof ConfirmRegistrationRequest>;
