import { TransferLine } from '@acci/event-store';
import { z } from 'zod';

/** The query of `GET /tenants/{id}/export`. */
export const ExportTenantQuery = z.object({
  includePersonalData: z
    .stringbool()
    .default(false)
    .meta({
      description:
        'Take personal fields along, readable. Otherwise they are replaced as if everybody had been forgotten.',
      enum: ['true', 'false'],
    }),
});
export type ExportTenantQuery = z.output<typeof ExportTenantQuery>;

/** A line of an export. */
export const TenantExportLine = TransferLine.meta({ id: 'TenantExportLine' });

/** The answer of `POST /tenants/{id}/import`. */
export const TenantImportReceipt = z
  .object({
    events: z.int(),
    streams: z.int(),
    types: z.record(z.string(), z.int()).meta({ description: 'How many events there are of each type.' }),
    sha256: z.string().meta({ description: 'The hash in the export’s manifest.' }),
    sourceTenantId: z.uuid().meta({ description: 'The tenant’s id where it comes from.' }),
    exportedAt: z.iso.datetime(),
    personalData: z.enum(['included', 'replaced']),
    position: z.string().nullable().meta({
      description: 'Where the last event stands now, for `Min-Event-Position`; null if there was none.',
    }),
  })
  .meta({
    id: 'TenantImportReceipt',
    examples: [
      {
        events: 1204,
        streams: 310,
        types: { 'auth.api_key.created': 310 },
        sha256: '7c2a5f7d0a6d5a3d35c1c7a6f1a1a3a3e7a1b1a2b3c4d5e6f708192a3b4c5d6e',
        sourceTenantId: '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f',
        exportedAt: '2026-01-31T09:30:00.000Z',
        personalData: 'included',
        position: '1.7421.98',
      },
    ],
  });
export type TenantImportReceipt = z.output<typeof TenantImportReceipt>;
