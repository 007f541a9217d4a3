import type { Database } from '@acci/database';
import { prepared } from '@acci/database';
import { z } from 'zod';
import type { Context } from '../context.js';
import { defineEvent } from '../event/event-definition.js';
import { StreamEvents } from '../event/stream-events.js';
import { StreamNotFound, VersionMismatch } from '../event-store.errors.js';
import type { Position } from '../position.js';
import { isStreamId, type AppendRequest } from '../store/prepare-append.js';
import { toPosition, type PositionRow } from '../store/rows.js';
import { selectLastEvent } from './stream-statements.js';

/**
 * The framework's own event that ends a stream: the last one, whatever its aggregate. It stays in the table to which
 * appends go, where it refuses every further one.
 */
export const StreamArchivedEvent = defineEvent({
  type: 'acci.stream.archived',
  version: 1,
  schema: z.object({}),
});

/** Which version of a stream {@link EventStore.archive} ends. */
export interface ArchiveOptions {
  /** The version that the caller has seen: no other is archived. */
  readonly expectedVersion?: number | undefined;
}

const requestMove = prepared(
  'insert into acci.streams_to_archive (tenant_id, stream_id, version) values ($1, $2, $3)',
);

interface LastEventRow extends PositionRow {
  readonly version: number;
  readonly type: string;
}

/**
 * Ends a stream, and asks for its events to be moved. Archiving an archived stream changes nothing.
 *
 * @param append appends in the transaction that is open.
 * @returns the stream's last version and where it stands in the log.
 */
export async function archiveStream(
  database: Database,
  ctx: Context,
  streamType: string,
  streamId: string,
  { expectedVersion }: ArchiveOptions,
  append: (request: AppendRequest) => Promise<Position>,
): Promise<{ readonly version: number; readonly position: Position }> {
  const { tenantId } = ctx;
  if (!isStreamId(streamId)) throw new StreamNotFound(streamType, streamId);
  const [last] = await database.queryInTenant<LastEventRow & Record<string, unknown>>(
    tenantId,
    selectLastEvent,
    [tenantId, streamType, streamId],
  );
  if (!last) throw new StreamNotFound(streamType, streamId);
  const { version, type } = last;
  if (expectedVersion !== undefined && expectedVersion !== version)
    throw new VersionMismatch(streamType, streamId, expectedVersion);
  if (type === StreamArchivedEvent.type) return { version, position: toPosition(last) };

  const stream = new StreamEvents(streamType, streamType);
  stream.add({ definition: StreamArchivedEvent, upcaster: undefined });
  const events = [StreamArchivedEvent.of({})];
  return database.inTenant(tenantId, async (tx) => {
    const position = await append({ ctx, stream, streamId, expectedVersion: version, events });
    tx.execute(requestMove, [tenantId, streamId, version + 1]);
    return { version: version + 1, position };
  });
}
