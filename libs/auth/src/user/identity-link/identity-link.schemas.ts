import { z } from 'zod';
import { exampleToken, OneTimeTokenText } from '../../one-time-token/one-time-token.schemas.js';

const exampleId = '019a8f3e-ac2b-7d4e-8f10-3b5a6c7d8e9f';
const exampleTime = '2026-01-31T09:30:00.000Z';
const exampleTenant = { id: '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f', slug: 'globex', name: 'Globex' };

const tenant = z.object({ id: z.uuid(), slug: z.string(), name: z.string() });

/** The path parameter that names a link. */
export const IdentityLinkId = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'The link’s id.', examples: [exampleId] });

/** The body of `POST /me/identity-links` and of its preview. */
export const IdentityLinkToken = z
  .strictObject({
    token: OneTimeTokenText.meta({
      description: 'What the offer answered with. It can be accepted once.',
      examples: [exampleToken],
    }),
  })
  .meta({ id: 'IdentityLinkToken', examples: [{ token: exampleToken }] });
export type IdentityLinkToken = z.output<typeof IdentityLinkToken>;

/** The answer to `POST /me/identity-links/offers`. */
export const IdentityLinkOfferResponse = z
  .object({
    token: z.string().nullable().meta({
      description:
        'What you accept the link with, logged in as the other user. It is shown this once: a repeated answer to an `Idempotency-Key` has null here.',
    }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'IdentityLinkOffer', examples: [{ token: exampleToken, expiresAt: exampleTime }] });
export type IdentityLinkOfferResponse = z.output<typeof IdentityLinkOfferResponse>;

/** The answer to `POST /me/identity-links/preview`: whom one would be linked with. */
export const IdentityLinkPreview = z.object({ tenant, displayName: z.string(), email: z.string() }).meta({
  id: 'IdentityLinkPreview',
  examples: [{ tenant: exampleTenant, displayName: 'Ada Lovelace', email: 'ada@example.com' }],
});
export type IdentityLinkPreview = z.output<typeof IdentityLinkPreview>;

/** A link, as the user sees it who asks. */
export const IdentityLinkResponse = z
  .object({
    id: z.uuid(),
    tenant: tenant.meta({ description: 'The tenant of the other user who is you.' }),
    userId: z.uuid().meta({ description: 'Who you are there.' }),
    linkedAt: z.iso.datetime(),
  })
  .meta({
    id: 'IdentityLink',
    examples: [{ id: exampleId, tenant: exampleTenant, userId: exampleId, linkedAt: exampleTime }],
  });
export type IdentityLinkResponse = z.output<typeof IdentityLinkResponse>;

/** The answer to `GET /me/identity-links`. */
export const IdentityLinksResponse = z
  .object({ items: z.array(IdentityLinkResponse) })
  .meta({ id: 'IdentityLinks' });
export type IdentityLinksResponse = z.output<typeof IdentityLinksResponse>;

/** The answer to `POST /me/identity-links`. */
export const IdentityLinkCreated = z
  .object({ id: z.uuid() })
  .meta({ id: 'IdentityLinkCreated', examples: [{ id: exampleId }] });
export type IdentityLinkCreated = z.output<typeof IdentityLinkCreated>;
