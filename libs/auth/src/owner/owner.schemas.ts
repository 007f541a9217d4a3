import { z } from 'zod';
import { ImpersonatedTenantId, StartImpersonationRequest } from '../impersonation/impersonation.schemas.js';
import { InviteUserRequest } from '../user/user.schemas.js';

const { email, displayName, locale } = InviteUserRequest.shape;
const { reason } = StartImpersonationRequest.shape;
const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';

/** The path parameter that names the tenant. */
export const OwnedTenantId = ImpersonatedTenantId;

/** The body of `POST /tenants/{id}/owners`. */
export const InviteOwnerRequest = z.strictObject({ email, displayName, locale, reason }).meta({
  id: 'InviteOwnerRequest',
  examples: [{ email: 'ada@example.com', displayName: 'Ada Lovelace', reason: 'Contract 2026-014' }],
});
export type InviteOwnerRequest = z.output<typeof InviteOwnerRequest>;

/** The answer to it. */
export const OwnerInvitedResponse = z
  .object({
    tenantId: z.uuid(),
    userId: z.uuid().meta({ description: 'The id that the invited owner has in the tenant.' }),
  })
  .meta({ id: 'InvitedOwner', examples: [{ tenantId: exampleId, userId: exampleId }] });
export type OwnerInvitedResponse = z.output<typeof OwnerInvitedResponse>;
