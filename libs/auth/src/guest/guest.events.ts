import { defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';

const homeTenantId = z.uuid();
const userId = z.uuid();
const roleId = z.string().min(1).max(255);

/** A user of a tenant above got a role in this one. */
export const GuestRoleAssigned = defineEvent({
  type: 'auth.guest.role_assigned',
  version: 1,
  schema: z.object({ homeTenantId, userId, roleId }),
});
export type GuestRoleAssigned = EventOf<typeof GuestRoleAssigned>;

/** A role in this tenant was taken from a user of a tenant above. */
export const GuestRoleRevoked = defineEvent({
  type: 'auth.guest.role_revoked',
  version: 1,
  schema: z.object({ homeTenantId, userId, roleId }),
});
export type GuestRoleRevoked = EventOf<typeof GuestRoleRevoked>;

/** Every event of a guest's stream. */
export const guestEvents = [GuestRoleAssigned, GuestRoleRevoked] as const;

/** Any event of a guest. */
export type GuestEvent = EventOf<(typeof guestEvents)[number]>;
