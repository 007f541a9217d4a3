import { z } from 'zod';

/** What the first line of an export names, so that a reader knows what it has before it. */
export const transferFormat = 'acci.tenant-export/1';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/** The first line. */
export const HeaderLine = z.strictObject({
  kind: z.literal('header'),
  format: z.literal(transferFormat),
  tenantId: z.uuid(),
  exportedAt: z.iso.datetime(),
  /** What became of personal fields: readable as they were, or replaced as if everybody had been forgotten. */
  personalData: z.enum(['included', 'replaced']),
});
export type HeaderLine = z.output<typeof HeaderLine>;

/** An event, as it is stored: in the schema version of its day. */
export const EventLine = z.strictObject({
  kind: z.literal('event'),
  streamType: z.string(),
  streamId: z.string(),
  version: z.int32().min(1),
  id: z.uuid(),
  type: z.string(),
  schemaVersion: z.int32().min(1),
  data: z.unknown(),
  // Loose: what a later program keeps here as well is not lost on the way.
  metadata: z.looseObject({
    actor: z.string(),
    correlationId: z.string(),
    causationId: z.string().optional(),
    commandId: z.string().optional(),
  }),
  recordedAt: z.iso.datetime(),
});
export type EventLine = z.output<typeof EventLine>;

/** Follows each block of events, so that damage is found where it is. */
export const BlockLine = z.strictObject({
  kind: z.literal('block'),
  /** How many events there were so far. */
  events: count,
  /** Of every byte of the file before this line. */
  sha256,
});
export type BlockLine = z.output<typeof BlockLine>;

/** The last line. */
export const ManifestLine = z.strictObject({
  kind: z.literal('manifest'),
  events: count,
  streams: count,
  /** How many events there are of each type. */
  types: z.record(z.string(), count),
  /** Of every byte of the file before this line. */
  sha256,
});
export type ManifestLine = z.output<typeof ManifestLine>;

/** Any line of an export. */
export const TransferLine = z.discriminatedUnion('kind', [HeaderLine, EventLine, BlockLine, ManifestLine]);
export type TransferLine = z.output<typeof TransferLine>;
