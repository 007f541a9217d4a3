import { defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';

/** An API key was made. Its secret is never in an event. */
export const ApiKeyCreated = defineEvent({
  type: 'auth.api_key.created',
  version: 1,
  schema: z.object({
    name: z.string(),
    permissions: z.array(z.string()),
    /** ISO 8601, UTC; null for a key that does not expire. */
    expiresAt: z.string().nullable(),
    /** What made it: a request, the very first start, or the operator's configuration. */
    origin: z.enum(['request', 'first_start', 'configuration']),
  }),
});
export type ApiKeyCreated = EventOf<typeof ApiKeyCreated>;

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
