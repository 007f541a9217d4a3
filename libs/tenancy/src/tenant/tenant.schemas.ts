import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';
import { tenantSlugPattern } from './tenant-slug.js';

const exampleId = '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f';
const exampleTime = '2026-01-31T09:30:00.000Z';
const exampleSettings = { locale: 'de-CH', timeZone: 'Europe/Zurich', currency: 'CHF' };

const slug = z.string().regex(tenantSlugPattern, 'Not a DNS label of 2 to 63 lower-case characters').meta({
  description: 'Unique name for host names and paths: a DNS label, never changed, some words are reserved.',
});
const name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .meta({ description: 'What people call the tenant.', examples: ['Acme Ltd'] });
const plan = z.string().max(63).meta({ description: 'One of the plans on offer.' });
const homeRegion = z.string().max(63).meta({ description: 'The region where the tenant’s data is at home.' });
const reason = z.string().trim().min(1).max(500);
const parentId = z
  .uuid()
  .nullable()
  .meta({ description: 'The tenant above this one; null at the top.', examples: [null] });
// As z.json(), but with a name that the recursion refers to in OpenAPI.
const json: z.ZodType<z.core.util.JSONType> = z
  .lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
  )
  .meta({ id: 'JsonValue', description: 'Any JSON value.' });

const settings = z.record(z.string().max(63), json).meta({
  description: 'What the tenant can set, as this platform defines it.',
  examples: [exampleSettings],
});

/** The path parameter that names a tenant. */
export const TenantId = z.uuid().meta({ description: 'The tenant’s id.', examples: [exampleId] });

/** The body of `POST /tenants`. */
export const CreateTenantRequest = z
  .strictObject({
    slug,
    name,
    plan: plan.optional(),
    homeRegion: homeRegion.optional(),
    settings: settings.optional(),
    parentId: parentId.optional(),
  })
  .meta({
    id: 'CreateTenantRequest',
    description: 'A tenant to be made. What is left out takes its default.',
    examples: [
      { slug: 'acme', name: 'Acme Ltd', plan: 'standard', homeRegion: 'eu', settings: exampleSettings },
    ],
  });
export type CreateTenantRequest = z.output<typeof CreateTenantRequest>;

/** The body of `PATCH /tenants/{id}`. */
export const ChangeTenantRequest = z
  .strictObject({
    name: name.optional(),
    plan: plan.optional(),
    homeRegion: homeRegion.optional(),
    settings: settings
      .optional()
      .meta({ description: 'Settings to change; the others stay. Null takes one back to its default.' }),
  })
  .refine((change) => Object.keys(change).length > 0, 'Nothing to change')
  .meta({
    id: 'ChangeTenantRequest',
    description: 'What to change; what is left out stays as it is.',
    examples: [{ name: 'Acme International', settings: { locale: 'en' } }],
  });
export type ChangeTenantRequest = z.output<typeof ChangeTenantRequest>;

/** The body of `POST /tenants/{id}/suspend`. */
export const SuspendTenantRequest = z
  .strictObject({ reason: reason.meta({ description: 'Why; kept in the history.' }) })
  .meta({ id: 'SuspendTenantRequest', examples: [{ reason: 'Invoice 2026-014 is unpaid' }] });
export type SuspendTenantRequest = z.output<typeof SuspendTenantRequest>;

/** The body of `POST /tenants/{id}/move`. */
export const MoveTenantRequest = z
  .strictObject({ parentId })
  .meta({ id: 'MoveTenantRequest', examples: [{ parentId: null }] });
export type MoveTenantRequest = z.output<typeof MoveTenantRequest>;

/** The query of `DELETE /tenants/{id}`. */
export const DeleteTenantQuery = z.object({
  gracePeriodDays: z.coerce
    .number()
    .int()
    .min(0)
    .max(365)
    .optional()
    .meta({ description: 'Days until the purge, during which the tenant can be restored.', examples: [30] }),
  reason: reason.optional().meta({ description: 'Why; kept in the history.', examples: ['Contract ended'] }),
});
export type DeleteTenantQuery = z.output<typeof DeleteTenantQuery>;

/** What every write answers with. */
export const TenantWritten = z
  .object({
    id: z.uuid(),
    version: z.int().meta({ description: 'The tenant’s version now; also in `ETag`.' }),
  })
  .meta({ id: 'TenantWritten', examples: [{ id: exampleId, version: 1 }] });
export type TenantWritten = z.output<typeof TenantWritten>;

/** A tenant as it is. */
export const TenantResponse = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    plan: z.string(),
    homeRegion: z.string(),
    settings: z.record(z.string(), json),
    parentId: z.uuid().nullable(),
    status: z.enum(['active', 'suspended', 'deletion_scheduled']),
    suspensionReason: z.string().nullable(),
    deletionReason: z.string().nullable(),
    deletionDueAt: z.iso.datetime().nullable().meta({ description: 'From when on the tenant is purged.' }),
    version: z.int().meta({ description: 'Grows with each change; also in `ETag`.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    id: 'Tenant',
    examples: [
      {
        id: exampleId,
        slug: 'acme',
        name: 'Acme Ltd',
        plan: 'standard',
        homeRegion: 'eu',
        settings: exampleSettings,
        parentId: null,
        status: 'active',
        suspensionReason: null,
        deletionReason: null,
        deletionDueAt: null,
        version: 1,
        createdAt: exampleTime,
        updatedAt: exampleTime,
      },
    ],
  });
export type TenantResponse = z.output<typeof TenantResponse>;

/** The query of `GET /tenants`. */
export const ListTenantsQuery = pageQuery().extend({
  status: TenantResponse.shape.status.optional().meta({ description: 'Only tenants in this status.' }),
  plan: plan.optional().meta({ description: 'Only tenants on this plan.' }),
  homeRegion: homeRegion.optional().meta({ description: 'Only tenants at home in this region.' }),
  parentId: z.uuid().optional().meta({ description: 'Only tenants right below this one.' }),
  search: z.string().trim().min(1).max(100).optional().meta({
    description: 'Only tenants whose name or slug has this in it, in any case.',
  }),
  sort: z
    .enum(['name', '-name', 'slug', '-slug', 'createdAt', '-createdAt'])
    .default('name')
    .meta({ description: 'The order; a minus turns it round.' }),
});
export type ListTenantsQuery = z.output<typeof ListTenantsQuery>;

/** The query of `GET /tenants/stream`. */
export const FollowTenantsQuery = ListTenantsQuery.omit({ limit: true, sort: true }).extend({
  cursor: ListTenantsQuery.shape.cursor.meta({
    description: 'Where to begin: the `id` of a message. `Last-Event-ID` wins over it; without either, now.',
  }),
});
export type FollowTenantsQuery = z.output<typeof FollowTenantsQuery>;

/** A page of tenants. */
export const TenantPage = pageSchema(TenantResponse, 'TenantPage');

/** One thing that happened to a tenant. */
export const TenantHistoryItem = z
  .object({
    version: z.int().meta({ description: 'The number of the event in the tenant’s life, from 1.' }),
    type: z.string().meta({ description: 'What happened, for programs.' }),
    summary: z.string().meta({ description: 'What happened, for people.' }),
    at: z.iso.datetime(),
    actor: z.string().meta({ description: 'Who did it.' }),
    correlationId: z.string().meta({ description: 'Names the request that did it.' }),
    data: z.record(z.string(), json),
  })
  .meta({
    id: 'TenantHistoryItem',
    examples: [
      {
        version: 2,
        type: 'tenancy.tenant.suspended',
        summary: 'Suspended: Invoice 2026-014 is unpaid',
        at: exampleTime,
        actor: 'key:019a8f3e',
        correlationId: 'order-42',
        data: { reason: 'Invoice 2026-014 is unpaid' },
      },
    ],
  });
export type TenantHistoryItem = z.output<typeof TenantHistoryItem>;

/** A page of a tenant's history. */
export const TenantHistoryPage = pageSchema(TenantHistoryItem, 'TenantHistoryPage');
