import type { Database, Transaction } from '@acci/database';
import type { Claim } from '../event/claim.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { PendingEvent, RecordedEvent } from '../event/recorded-event.js';
import { keepSubjects } from '../personal-data/keep-personal-data.js';
import type { PersonalDataCipher } from '../personal-data/personal-data-cipher.js';
import { acceptForgotten } from '../personal-data/replace-personal-data.js';
import type { Position } from '../position.js';
import type { AppendHooks } from '../store/append-hooks.js';
import { EventDecoder } from '../store/decoding.js';
import { toPosition, type PositionRow, type RecordedRow } from '../store/rows.js';
import { insertTags } from '../tag/tag-statements.js';
import { definitionOf } from './accept-event.js';
import { TransferredClaims } from './transferred-claims.js';
import type { EventLine } from './transfer-lines.js';
import * as sql from './transfer-statements.js';
import { TenantNotEmpty, TransferInconsistent } from './transfer.errors.js';

/** What an import needs. */
export interface ImportTarget {
  readonly database: Database;
  readonly registry: EventRegistry;
  readonly cipher: PersonalDataCipher;
  readonly hooks: AppendHooks;
  /** Who was forgotten where the export comes from. */
  readonly forgotten: ReadonlySet<string>;
  /** True if personal fields were replaced in the export: then there is nothing personal to keep unique. */
  readonly replaced: boolean;
}

/**
 * Writes the events of a verified export into an empty tenant, in one transaction.
 *
 * @param events reads them from the first on, some at a time; called again when the transaction has to be run again.
 * @param onWritten told how many have been written so far.
 * @returns the position of the last one.
 */
export async function importEvents(
  target: ImportTarget,
  tenantId: string,
  events: () => AsyncIterable<readonly EventLine[]>,
  onWritten: (events: number) => void,
): Promise<Position | undefined> {
  const { database, registry, cipher, hooks, forgotten, replaced } = target;
  // Personal fields are readable here: there is nothing to decrypt.
  const decoder = new EventDecoder(registry);
  const sealClaims = (streamId: string, claims: readonly Claim[]) => {
    const known = claims.filter(
      ({ of }) => of === undefined || !(replaced || forgotten.has(of === '$stream' ? streamId : of)),
    );
    return cipher.sealClaims(tenantId, streamId, known);
  };
  return database.inTenant(tenantId, async (tx) => {
    tx.execute(sql.lockImport, [tenantId]);
    await assertEmpty(database, tenantId);
    acceptForgotten(tx, tenantId, [...forgotten]);
    const claims = new TransferredClaims(registry, sealClaims);
    let last: PositionRow | undefined;
    let written = 0;
    for await (const batch of events()) {
      const inserted = await insert(target, tx, tenantId, batch);
      const decoded = await decoder.recorded(
        batch.map((event, index) => toRow(tenantId, event, inserted[index])),
      );
      await claims.write(tx, decoded);
      writeTags(registry, tx, tenantId, decoded);
      await hooks.runFor(decoded.map(toPending), tx);
      last = inserted.at(-1);
      onWritten((written += batch.length));
    }
    await claims.finish(tx);
    tx.execute(sql.requestArchival, [tenantId]);
    await assertConsistent(tx, tenantId);
    return last && toPosition(last);
  });
}

/** @throws {TenantNotEmpty} if the tenant has events. */
export async function assertEmpty(database: Database, tenantId: string): Promise<void> {
  const [existing] = await database.queryInTenant<{ full: boolean }>(tenantId, sql.selectHasEvents, [
    tenantId,
  ]);
  if (existing?.full) throw new TenantNotEmpty();
}

async function insert(
  { registry, cipher, forgotten }: ImportTarget,
  tx: Transaction,
  tenantId: string,
  batch: readonly EventLine[],
): Promise<PositionRow[]> {
  const rows = batch.map((event) => ({ ...event, tenantId, definition: definitionOf(registry, event) }));
  const personal = rows.filter(({ definition }) => definition.personal.length > 0);
  const sealed = personal.length > 0 ? await cipher.sealRows(personal, forgotten) : [];
  const sealedOf = new Map(personal.map((row, index) => [row, sealed[index]]));
  keepSubjects(
    tx,
    tenantId,
    personal.flatMap((row) =>
      (sealedOf.get(row)?.subjects ?? []).map((subject) => ({ subject, streamId: row.streamId })),
    ),
  );
  try {
    return await tx.query<PositionRow>(sql.insertTransferred, [
      tenantId,
      rows.map(({ streamType }) => streamType),
      rows.map(({ streamId }) => streamId),
      rows.map(({ version }) => version),
      rows.map(({ id }) => id),
      rows.map(({ type }) => type),
      rows.map(({ schemaVersion }) => schemaVersion),
      rows.map((row) => sealedOf.get(row)?.json ?? JSON.stringify(row.data)),
      rows.map(({ metadata }) => JSON.stringify(metadata)),
      rows.map(({ recordedAt }) => new Date(recordedAt)),
    ]);
  } catch (error) {
    if ((error as { code?: unknown }).code !== '23505') throw error;
    throw new TransferInconsistent('a stream has two events of one version', { cause: error });
  }
}

function writeTags(
  registry: EventRegistry,
  tx: Transaction,
  tenantId: string,
  events: readonly RecordedEvent[],
): void {
  const tags = events.flatMap(({ streamId, version, type, schemaVersion, data }) => {
    const definition = registry.find(type, schemaVersion)?.definition;
    return (definition?.tags(data) ?? []).map((tag) => ({ streamId, version, tag }));
  });
  if (tags.length === 0) return;
  tx.execute(insertTags, [
    tenantId,
    tags.map(({ streamId }) => streamId),
    tags.map(({ version }) => version),
    tags.map(({ tag }) => tag),
  ]);
}

async function assertConsistent(tx: Transaction, tenantId: string): Promise<void> {
  const others = tx.execute(sql.selectOtherEvent, [tenantId]);
  const broken = tx.execute<{ stream_id: string }>(sql.selectBrokenStream, [tenantId]);
  const doubled = tx.execute<{ event_id: string }>(sql.selectDoubledEvent, [tenantId]);
  await tx.flush();
  if (others.rows.length > 0) throw new TenantNotEmpty();
  const [stream] = broken.rows;
  if (stream) throw new TransferInconsistent(`the events of stream ${stream.stream_id} are no sequence`);
  const [event] = doubled.rows;
  if (event) throw new TransferInconsistent(`event ${event.event_id} is there twice`);
}

function toRow(tenantId: string, event: EventLine, place: PositionRow | undefined): RecordedRow {
  return {
    ...(place as PositionRow),
    tenant_id: tenantId,
    stream_type: event.streamType,
    stream_id: event.streamId,
    version: event.version,
    event_id: event.id,
    type: event.type,
    schema_version: event.schemaVersion,
    data: event.data,
    metadata: event.metadata,
    recorded_at: new Date(event.recordedAt),
  };
}

function toPending({ position: _position, part: _part, ...event }: RecordedEvent): PendingEvent {
  return event;
}
