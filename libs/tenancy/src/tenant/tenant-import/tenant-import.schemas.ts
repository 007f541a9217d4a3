import { z } from 'zod';
import { CreateTenantRequest } from '../tenant.schemas.js';

/** A line of the body of `POST /tenants:import`. */
export const ImportTenantLine = CreateTenantRequest.extend({
  parentSlug: CreateTenantRequest.shape.slug
    .optional()
    .meta({ description: 'The slug of the tenant above, which may be one of an earlier line.' }),
})
  .refine((line) => !line.parentId || !line.parentSlug, {
    path: ['parentSlug'],
    message: 'parentId is given as well',
  })
  .meta({ id: 'ImportTenantLine', examples: [{ slug: 'acme-labs', name: 'Acme Labs', parentSlug: 'acme' }] });
export type ImportTenantLine = z.output<typeof ImportTenantLine>;

/** A line of the answer of `POST /tenants:import`: one for each line of the request, and one at the end. */
export const ImportReportLine = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('created'), line: z.int(), id: z.uuid(), slug: z.string() }),
    z.object({
      status: z.literal('refused'),
      line: z.int(),
      code: z.string().meta({ description: 'A stable name of the reason.' }),
      detail: z.string(),
      errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
    }),
    z.object({
      status: z.enum(['finished', 'failed']).meta({
        description: 'The last line. Failed: it could not go on. No such line: the report was cut off.',
      }),
      created: z.int(),
      refused: z.int(),
    }),
  ])
  .meta({
    id: 'ImportReportLine',
    examples: [
      { status: 'created', line: 1, id: '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f', slug: 'acme' },
      { status: 'refused', line: 2, code: 'tenancy.slug.taken', detail: 'Another tenant has this slug' },
      { status: 'finished', created: 1, refused: 1 },
    ],
  });
export type ImportReportLine = z.output<typeof ImportReportLine>;
