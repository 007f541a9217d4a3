import type { EventMetadata, RecordedEvent } from '../event/recorded-event.js';
import type { Position } from '../position.js';

/** A position as the driver returns it: 64-bit numbers as text. */
export interface PositionRow {
  readonly epoch: number;
  readonly transaction: string;
  readonly position: string;
}

/** What replaying a stream needs of an event. */
export interface StoredRow {
  readonly type: string;
  readonly schema_version: number;
  readonly data: unknown;
}

/** All of a stored event. */
export interface RecordedRow extends PositionRow, StoredRow {
  readonly tenant_id: string;
  readonly stream_type: string;
  readonly stream_id: string;
  readonly version: number;
  readonly event_id: string;
  readonly metadata: EventMetadata;
  readonly recorded_at: Date;
}

export function toPosition({ epoch, transaction, position }: PositionRow): Position {
  return { epoch, transaction: BigInt(transaction), position: BigInt(position) };
}

export function toRecordedEvent(row: RecordedRow): RecordedEvent {
  return {
    position: toPosition(row),
    tenantId: row.tenant_id,
    streamType: row.stream_type,
    streamId: row.stream_id,
    version: row.version,
    id: row.event_id,
    type: row.type,
    schemaVersion: row.schema_version,
    data: row.data,
    metadata: row.metadata,
    recordedAt: row.recorded_at,
  };
}
