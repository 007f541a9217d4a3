import { defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';

const terms = {
  name: z.string(),
  permissions: z.array(z.string()),
  /** ISO 8601, UTC; null for a key that does not expire. */
  expiresAt: z.string().nullable(),
  /** What made it: a request, the very first start, or the operator's configuration. */
  origin: z.enum(['request', 'first_start', 'configuration']),
};

/** Before keys had owners and could be bound to addresses. */
export const ApiKeyCreatedV1 = defineEvent({
  type: 'auth.api_key.created',
  version: 1,
  schema: z.object(terms),
});

/** An API key was made. Its secret is never in an event. */
export const ApiKeyCreated = defineEvent({
  type: 'auth.api_key.created',
  version: 2,
  schema: z.object({
    ...terms,
    /** The networks it is good from; none: from anywhere. */
    addressRanges: z.array(z.string()),
    /** Who it dies with; null for a key of the tenant itself. */
    owner: z.object({ type: z.enum(['user', 'service_account']), id: z.string() }).nullable(),
  }),
});
export type ApiKeyCreated = EventOf<typeof ApiKeyCreated>;

/** What an API key is called, or where it is good, became something else. What is not named stayed. */
export const ApiKeyChanged = defineEvent({
  type: 'auth.api_key.changed',
  version: 1,
  schema: z.object({
    name: z.string().optional(),
    /** The networks it is good from; none: from anywhere. */
    addressRanges: z.array(z.string()).optional(),
  }),
});
export type ApiKeyChanged = EventOf<typeof ApiKeyChanged>;

/** An API key has another secret. The one before it is good for a while yet. */
export const ApiKeyRotated = defineEvent({
  type: 'auth.api_key.rotated',
  version: 1,
  schema: z.object({
    /** ISO 8601, UTC: until when the secret before is good. */
    previousUntil: z.string(),
  }),
});
export type ApiKeyRotated = EventOf<typeof ApiKeyRotated>;

/** An API key got a role. */
export const ApiKeyRoleAssigned = defineEvent({
  type: 'auth.api_key.role_assigned',
  version: 1,
  schema: z.object({ roleId: z.string() }),
});
export type ApiKeyRoleAssigned = EventOf<typeof ApiKeyRoleAssigned>;

/** A role was taken from an API key. */
export const ApiKeyRoleRevoked = defineEvent({
  type: 'auth.api_key.role_revoked',
  version: 1,
  schema: z.object({ roleId: z.string() }),
});
export type ApiKeyRoleRevoked = EventOf<typeof ApiKeyRoleRevoked>;

/** The configured operator key was changed: the old text is worth nothing any more. */
export const ApiKeySecretReplaced = defineEvent({
  type: 'auth.api_key.secret_replaced',
  version: 1,
  schema: z.object({}),
});
export type ApiKeySecretReplaced = EventOf<typeof ApiKeySecretReplaced>;

/** An API key was taken back for good. */
export const ApiKeyRevoked = defineEvent({
  type: 'auth.api_key.revoked',
  version: 1,
  schema: z.object({}),
});
export type ApiKeyRevoked = EventOf<typeof ApiKeyRevoked>;

/** Everything that happens to an API key. */
export const apiKeyEvents = [
  ApiKeyCreated,
  ApiKeyChanged,
  ApiKeySecretReplaced,
  ApiKeyRotated,
  ApiKeyRoleAssigned,
  ApiKeyRoleRevoked,
  ApiKeyRevoked,
] as const;
export type ApiKeyEvent = EventOf<(typeof apiKeyEvents)[number]>;
