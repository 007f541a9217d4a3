import { Database, OwnerDatabase } from '@acci/database';
import { Injectable } from '@nestjs/common';
import * as sql from './archiver-statements.js';

/** Few enough that a transaction is short: one that stays open holds up every reader of the event log. */
const eventsAtOnce = 1_000;

/** Somebody may archive a million streams in an hour. */
const streamsAtOnce = 500;

interface PendingStream extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly stream_id: string;
}

/**
 * Moves the events of archived streams out of the table to which appends go. Reads find them as before, in their order.
 *
 * It goes in small transactions, each of which copies events and removes them: at every moment each event stands in
 * exactly one of the two tables. Whatever kills it, the next run goes on where it stopped; of several processes one
 * works on a stream, and the others leave it to that one.
 *
 * @example
 * await store.archive(ctx, Order, id);
 * await archiver.run(ctx.tenantId, id);
 */
@Injectable()
export class StreamArchiver {
  constructor(
    private readonly database: Database,
    private readonly owner: OwnerDatabase,
  ) {}

  /**
   * Moves the events of every stream that was archived since the last time.
   *
   * @param onError is told of a stream whose events could not be moved; the others go on.
   * @param signal ends it after the events that it is moving.
   * @returns how many events it moved.
   */
  async runPending(
    onError: (streamId: string, error: unknown) => void = () => {},
    signal?: AbortSignal,
  ): Promise<number> {
    let moved = 0;
    for (let last: PendingStream | undefined; ;) {
      const pending = await this.pendingAfter(last);
      for (const { tenant_id: tenantId, stream_id: streamId } of pending) {
        if (signal?.aborted) return moved;
        moved += await this.run(tenantId, streamId, signal).catch((error: unknown) => {
          onError(streamId, error);
          return 0;
        });
      }
      if (pending.length < streamsAtOnce) return moved;
      last = pending.at(-1);
    }
  }

  /**
   * Moves the events of one archived stream. Does nothing if that is done, if another process is at it, or as long as a
   * statement runs anywhere in the database that began before the stream was archived: the next run will.
   *
   * @param signal ends it after the events that it is moving; the next run goes on.
   * @returns how many events it moved.
   */
  async run(tenantId: string, streamId: string, signal?: AbortSignal): Promise<number> {
    let moved = 0;
    for (;;) {
      const events = await this.movePortion(tenantId, streamId);
      moved += events;
      if (events < eventsAtOnce || signal?.aborted) return moved;
    }
  }

  private pendingAfter(last: PendingStream | undefined): Promise<PendingStream[]> {
    return this.database.queryAsSystem<PendingStream>('find archived streams', sql.selectStreamsToArchive, [
      last?.tenant_id ?? null,
      last?.stream_id ?? null,
      streamsAtOnce,
    ]);
  }

  private movePortion(tenantId: string, streamId: string): Promise<number> {
    return this.owner.inTenant(tenantId, async (query) => {
      const key = [tenantId, streamId];
      const [request] = await query(sql.lockRequest, key);
      if (!request?.['ended']) return 0;
      const [portion] = await query(sql.copyEvents, [...key, request['version'], eventsAtOnce]);
      const events = Number(portion?.['events']);
      if (events > 0) await query(sql.removeEvents, [...key, portion?.['through']]);
      if (events < eventsAtOnce) {
        await query(sql.removeSnapshot, key);
        await query(sql.removeRequest, key);
      }
      return events;
    });
  }
}
