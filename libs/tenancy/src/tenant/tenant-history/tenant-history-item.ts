import type { RecordedEvent } from '@acci/event-store';
import type { TenantEvent } from '../tenant.events.js';
import type { TenantHistoryItem } from '../tenant.schemas.js';
import { describeTenantEvent } from './describe-tenant-event.js';

/** What an item of the history is made of: an event as the store reads it, or as it comes over HTTP. */
type HistoryEvent = Pick<RecordedEvent, 'version' | 'type' | 'schemaVersion' | 'metadata' | 'data'> & {
  readonly recordedAt: Date | string;
};

/** An event as the history shows it. */
export function toHistoryItem(event: HistoryEvent): TenantHistoryItem {
  const { version, recordedAt, metadata } = event;
  const known = { ...event, version: event.schemaVersion } as TenantEvent;
  return {
    version,
    type: known.type,
    summary: describeTenantEvent(known),
    at: new Date(recordedAt).toISOString(),
    actor: metadata.actor,
    correlationId: metadata.correlationId,
    data: known.data,
  };
}
