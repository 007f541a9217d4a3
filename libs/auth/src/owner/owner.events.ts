import { defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';

/** The platform invited somebody to own this tenant, or did so once more; whoever did is the event's actor. */
export const OwnerInvited = defineEvent({
  type: 'auth.owner.invited',
  version: 1,
  schema: z.object({
    userId: z.uuid(),
    /** Why, for the tenant to read; not personal, so that it outlives whoever was invited by mistake. */
    reason: z.string().min(1).max(500),
  }),
});
export type OwnerInvited = EventOf<typeof OwnerInvited>;

/** The platform took an invitation back that nobody had accepted, to invite somebody else. */
export const OwnerInvitationWithdrawn = defineEvent({
  type: 'auth.owner.invitation_withdrawn',
  version: 1,
  schema: z.object({ userId: z.uuid() }),
});
export type OwnerInvitationWithdrawn = EventOf<typeof OwnerInvitationWithdrawn>;

/** Every event of a tenant's invitations of owners. */
export const ownerEvents = [OwnerInvited, OwnerInvitationWithdrawn] as const;

/** Any event of a tenant's invitations of owners. */
export type OwnerEvent = EventOf<(typeof ownerEvents)[number]>;
