import { type Claim, claim, defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';
import { ServiceAccountNameTaken } from './service-account.errors.js';

// These schemas say what a stored fact looks like, not what a request may ask for: they are loose where rules may
// change, because every fact that was ever stored must keep fitting.
const name = z.string();
const description = z.string().nullable();
const permissions = z.array(z.string());

const nameClaim = (value: string): Claim =>
  claim('auth.service_account.name', value.toLowerCase(), () => new ServiceAccountNameTaken());

/** A service account was made. */
export const ServiceAccountCreated = defineEvent({
  type: 'auth.service_account.created',
  version: 1,
  schema: z.object({ name, description, permissions }),
  claims: (data) => [nameClaim(data.name)],
});
export type ServiceAccountCreated = EventOf<typeof ServiceAccountCreated>;

/** What a service account is called or may do became something else. What is not named stayed. */
export const ServiceAccountChanged = defineEvent({
  type: 'auth.service_account.changed',
  version: 1,
  schema: z.object({
    name: z.object({ from: name, to: name }).optional(),
    description: description.optional(),
    permissions: permissions.optional(),
  }),
  releases: (data) => (data.name ? [nameClaim(data.name.from)] : []),
  claims: (data) => (data.name ? [nameClaim(data.name.to)] : []),
});
export type ServiceAccountChanged = EventOf<typeof ServiceAccountChanged>;

/** A service account got something to log in with: a secret or a public key, neither of which is in any event. */
export const ServiceAccountCredentialAdded = defineEvent({
  type: 'auth.service_account.credential_added',
  version: 1,
  schema: z.object({
    credentialId: z.string(),
    kind: z.enum(['client_secret', 'public_key']),
    name,
    /** ISO 8601, UTC; null for one that does not expire. */
    expiresAt: z.string().nullable(),
  }),
});
export type ServiceAccountCredentialAdded = EventOf<typeof ServiceAccountCredentialAdded>;

/** A service account cannot log in with this any more, and the access tokens that it got by it are worth nothing. */
export const ServiceAccountCredentialRevoked = defineEvent({
  type: 'auth.service_account.credential_revoked',
  version: 1,
  schema: z.object({ credentialId: z.string() }),
});
export type ServiceAccountCredentialRevoked = EventOf<typeof ServiceAccountCredentialRevoked>;

/** A service account got a role. */
export const ServiceAccountRoleAssigned = defineEvent({
  type: 'auth.service_account.role_assigned',
  version: 1,
  schema: z.object({ roleId: z.string() }),
});
export type ServiceAccountRoleAssigned = EventOf<typeof ServiceAccountRoleAssigned>;

/** A role was taken from a service account. */
export const ServiceAccountRoleRevoked = defineEvent({
  type: 'auth.service_account.role_revoked',
  version: 1,
  schema: z.object({ roleId: z.string() }),
});
export type ServiceAccountRoleRevoked = EventOf<typeof ServiceAccountRoleRevoked>;

/** A service account is not served any more, until it is enabled. Its access tokens are worth nothing for good. */
export const ServiceAccountDisabled = defineEvent({
  type: 'auth.service_account.disabled',
  version: 1,
  schema: z.object({}),
});
export type ServiceAccountDisabled = EventOf<typeof ServiceAccountDisabled>;

/** A disabled service account is served again. */
export const ServiceAccountEnabled = defineEvent({
  type: 'auth.service_account.enabled',
  version: 1,
  schema: z.object({}),
});
export type ServiceAccountEnabled = EventOf<typeof ServiceAccountEnabled>;

/** A service account is gone for good, with all that it could log in with. */
export const ServiceAccountDeleted = defineEvent({
  type: 'auth.service_account.deleted',
  version: 1,
  schema: z.object({ name }),
  releases: (data) => [nameClaim(data.name)],
});
export type ServiceAccountDeleted = EventOf<typeof ServiceAccountDeleted>;

/** Everything that happens to a service account. */
export const serviceAccountEvents = [
  ServiceAccountCreated,
  ServiceAccountChanged,
  ServiceAccountCredentialAdded,
  ServiceAccountCredentialRevoked,
  ServiceAccountRoleAssigned,
  ServiceAccountRoleRevoked,
  ServiceAccountDisabled,
  ServiceAccountEnabled,
  ServiceAccountDeleted,
] as const;
export type ServiceAccountEvent = EventOf<(typeof serviceAccountEvents)[number]>;
