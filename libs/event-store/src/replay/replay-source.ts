import { prepared, type Database } from '@acci/database';
import type { EventRegistry } from '../event/event-registry.js';
import type { EventDecoder } from '../store/decoding.js';
import type { EventLog } from '../store/event-log.js';
import { toPosition, type RecordedRow } from '../store/rows.js';
import { recordedColumns, settled } from '../store/statements.js';
import { valuesOf } from '../tag/condition.js';
import type { ReplaySelection, ReplaySource } from './replay.js';

// Whoever goes on does so behind an event of the stream: its version is where to look, or the stream would be read from
// its beginning for every batch.
export const selectStreamLog = prepared(`
  select ${recordedColumns}
    from acci.event_log
   where tenant_id = $1::uuid and stream_id = $3::text and stream_type = $2::text and ${settled}
     and version > (select coalesce(max(version), 0) from acci.event_log
                     where (epoch, transaction, position) = ($4::int, $5::xid8, $6::bigint)
                       and tenant_id = $1::uuid and stream_id = $3::text)
     and (epoch, transaction, position) > ($4::int, $5::xid8, $6::bigint)
     and ($7::text[] is null or type = any ($7::text[]))
   order by version
   limit $8::int`);

interface Parts {
  readonly database: Database;
  readonly registry: EventRegistry;
  readonly decoder: EventDecoder;
  readonly log: EventLog;
}

/**
 * Where a replay reads: the log, or for one stream the stream itself, whose order is the log's.
 *
 * @throws {RangeError} for a stream without its tenant.
 */
export function replaySource(
  { database, registry, decoder, log }: Parts,
  { tenantId, types, stream }: ReplaySelection,
): ReplaySource {
  const head = () => log.head();
  if (!stream) {
    const filter = { ...(types && { types }), ...(tenantId !== undefined && { tenantId }) };
    return { head, read: (after, limit) => log.read(after, limit, filter) };
  }
  if (tenantId === undefined) throw new RangeError('A stream is named together with its tenant');
  const stored = types ? registry.sourcesOf(types) : null;
  return {
    head,
    read: (after, limit) =>
      decoder.read(
        limit,
        (last) => {
          const place = valuesOf(last ? toPosition(last) : after);
          const values = [tenantId, stream.type, stream.id, ...place, stored, limit];
          return database.queryAsSystem<RecordedRow & Record<string, unknown>>(
            'replay a stream',
            selectStreamLog,
            values,
          );
        },
        types,
      ),
  };
}
