import { z } from 'zod';

/** The receipt of a tenant's erasure. */
export const TenantErasureResponse = z
  .object({
    id: z.uuid(),
    requestedAt: z.iso.datetime(),
    completedAt: z.iso.datetime().nullable().meta({ description: 'Null while rows are still being erased.' }),
    erasedRows: z
      .record(z.string(), z.int())
      .meta({ description: 'How many rows were erased, by table.', examples: [{ 'acci.events': 12 }] }),
  })
  .meta({
    id: 'TenantErasure',
    examples: [
      {
        id: '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f',
        requestedAt: '2026-01-31T09:30:00.000Z',
        completedAt: '2026-01-31T09:30:02.000Z',
        erasedRows: { 'acci.events': 12 },
      },
    ],
  });
export type TenantErasureResponse = z.output<typeof TenantErasureResponse>;
