import { prepared, type Database } from '@acci/database';
import type { StreamArchiver } from '../stream/stream-archiver.js';

const countPending = prepared(`
  select count(*)::int as streams from acci.streams_to_archive
   where $1::uuid is null or tenant_id = $1::uuid and stream_id = $2::text`);

/**
 * Runs the archiver until no archived stream is left whose events are to be moved. A single run leaves a stream as long
 * as a statement of anybody's runs that began before the stream was archived.
 *
 * @param only the stream; without it, all of them.
 * @returns how many events were moved.
 *
 * @example
 * await store.archive(ctx, Order, id);
 * await moveArchived(archiver, database);
 */
export async function moveArchived(
  archiver: StreamArchiver,
  database: Database,
  only?: { readonly tenantId: string; readonly streamId: string },
): Promise<number> {
  let moved = 0;
  for (;;) {
    moved += only ? await archiver.run(only.tenantId, only.streamId) : await archiver.runPending();
    const [pending] = await database.queryAsSystem<{ streams: number }>(
      'count streams to archive',
      countPending,
      [only?.tenantId ?? null, only?.streamId ?? null],
    );
    if (pending?.streams === 0) return moved;
  }
}
