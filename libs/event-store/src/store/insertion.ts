import type { BoundStatement } from '@acci/database';
import type { PreparedAppend } from './prepare-append.js';
import { insertEvent, insertEvents, insertStreams } from './statements.js';

/** The statement that inserts the events of one append. */
export function insertion(prepared: PreparedAppend): BoundStatement {
  const { tenantId, streamType, streamId, expectedVersion, events, metadata, recordedAt } = prepared;
  const shared = [
    tenantId,
    streamType,
    streamId,
    JSON.stringify(metadata),
    recordedAt.toISOString(),
    expectedVersion,
  ];
  const [first] = events;
  if (first && events.length === 1) {
    const { id, definition, json } = first;
    const values = [...shared, id, definition.type, definition.version, json];
    return { statement: insertEvent, values };
  }
  const values = [
    ...shared,
    events.map(({ id }) => id),
    events.map(({ definition }) => definition.type),
    events.map(({ definition }) => definition.version),
    events.map(({ json }) => json),
  ];
  return { statement: insertEvents, values };
}

/** The statement that inserts the events of several appends of one tenant, in their order; each has one event. */
export function insertionOfSingles(tenantId: string, appends: readonly PreparedAppend[]): BoundStatement {
  const [only] = appends;
  if (only && appends.length === 1) return insertion(only);
  const columns: unknown[][] = Array.from({ length: 9 }, () => []);
  for (const { streamType, streamId, metadata, recordedAt, expectedVersion, events } of appends) {
    for (const { id, definition, json } of events) {
      const { type, version } = definition;
      const place = [
        streamType,
        streamId,
        JSON.stringify(metadata),
        recordedAt.toISOString(),
        expectedVersion,
      ];
      const row = [...place, id, type, version, json];
      for (const [column, value] of row.entries()) columns[column]?.push(value);
    }
  }
  return { statement: insertStreams, values: [tenantId, ...columns] };
}
