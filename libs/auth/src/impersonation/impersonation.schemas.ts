import { pageSchema } from '@acci/rest';
import { z } from 'zod';
import { SessionResponse } from '../session/session.schemas.js';
import { UserId } from '../user/user.schemas.js';

const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';

/** The path parameter that names a tenant. */
export const ImpersonatedTenantId = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'The tenant’s id.', examples: [exampleId] });

/** The body of `POST /tenants/{id}/impersonations`. */
export const StartImpersonationRequest = z
  .strictObject({
    reason: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .meta({
        description: 'Why. The tenant reads it: name a ticket, not a person.',
        examples: ['Ticket 4711: invoices are not sent'],
      }),
    userId: UserId.optional().meta({
      description: 'As which user; if left out, as nobody in particular, who may do what an owner may.',
    }),
    durationMinutes: z
      .int()
      .min(1)
      .max(240)
      .default(30)
      .meta({ description: 'For how long; it cannot be prolonged.', examples: [30] }),
  })
  .meta({
    id: 'StartImpersonationRequest',
    examples: [{ reason: 'Ticket 4711: invoices are not sent', durationMinutes: 30 }],
  });
export type StartImpersonationRequest = z.output<typeof StartImpersonationRequest>;

/** The answer to it. */
export const ImpersonationStartedResponse = z
  .object({
    id: z.uuid().meta({ description: 'The session’s id.' }),
    tenantId: z.uuid(),
    userId: z.uuid().nullable(),
    reason: z.string(),
    expiresAt: z.iso.datetime(),
    token: z.string().nullable().meta({
      description:
        'For `Authorization: Bearer`, shown this once: a repeated answer to an `Idempotency-Key` has null here.',
    }),
  })
  .meta({
    id: 'StartedImpersonation',
    examples: [
      {
        id: exampleId,
        tenantId: exampleId,
        userId: null,
        reason: 'Ticket 4711: invoices are not sent',
        expiresAt: '2026-01-31T10:00:00.000Z',
        token:
          'accisession_0f4kPzYw2sQd8uVb1nXc5R_0f4kPzYw2sQd8uVb1nXc5R_aZ3kPzYw2sQd8uVb1nXc5RaZ3kPzYw2sQd8uVb1nXc5R_1x9Kb2',
      },
    ],
  });
export type ImpersonationStartedResponse = z.output<typeof ImpersonationStartedResponse>;

/** An operator who is in the tenant, as the tenant sees them. */
export const ImpersonationResponse = z
  .object({
    id: z.uuid(),
    operator: z.string().meta({ description: 'Who it is, as an actor of the platform.' }),
    userId: z.uuid().nullable().meta({ description: 'As which user; null for nobody in particular.' }),
    reason: z.string(),
    createdAt: SessionResponse.shape.createdAt,
    lastSeenAt: SessionResponse.shape.lastSeenAt,
    expiresAt: z.iso.datetime(),
  })
  .meta({
    id: 'Impersonation',
    examples: [
      {
        id: exampleId,
        operator: `operator:${exampleId}`,
        userId: null,
        reason: 'Ticket 4711: invoices are not sent',
        createdAt: '2026-01-31T09:30:00.000Z',
        lastSeenAt: '2026-01-31T09:31:00.000Z',
        expiresAt: '2026-01-31T10:00:00.000Z',
      },
    ],
  });
export type ImpersonationResponse = z.output<typeof ImpersonationResponse>;

/** A page of operators who are in the tenant. */
export const ImpersonationPage = pageSchema(ImpersonationResponse, 'ImpersonationPage');
