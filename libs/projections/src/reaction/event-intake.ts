import { prepared, type Database, type Transaction } from '@acci/database';
import { comparePositions, type EventStore, type Position, type RecordedEvent } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '../projection.js';
import type { Reaction } from './reaction.js';

// What was taken in before is not taken in again: rebuilds of the projection change nothing. The lane's row goes first:
// it orders those who add, and lets whoever works on the lane see all or nothing of what they add.
const takeIn = prepared(`
  with lane as (
    insert into acci.reaction_lanes as l (tenant_id, reaction, lane, epoch, transaction, position, part, due_at)
    values ($1, $2, $3, $4, $5::text::xid8, $6, $7, clock_timestamp())
    on conflict (tenant_id, reaction, lane) do update
       set epoch = excluded.epoch, transaction = excluded.transaction, position = excluded.position,
           part = excluded.part,
           due_at = case when l.dead or l.attempts > 0 then l.due_at else excluded.due_at end
     where l.epoch is null
        or (l.epoch, l.transaction, l.position, l.part)
           < (excluded.epoch, excluded.transaction, excluded.position, excluded.part)
    returning 1)
  insert into acci.reaction_deliveries (tenant_id, reaction, lane, kind, stream_type, stream_id, version, part, name)
  select $1, $2, $3, 'event', $8, $9, $10, $7, $11 from lane`);

const begin = prepared(`
  insert into acci.reactions (name, kind, since_epoch, since_transaction, since_position)
  values ($1, $2, $3, $4::text::xid8, $5) on conflict (name) do nothing`);

const readBeginning = prepared(`
  select since_epoch as epoch, since_transaction::text as transaction, since_position::text as position
    from acci.reactions where name = $1`);

interface BeginningRow {
  readonly epoch: number | null;
  readonly transaction: string;
  readonly position: string;
}

/**
 * Notes what reactions have to do: for each a projection, whose rows, one per event, are committed together with its
 * checkpoint. So every event is noted exactly once, in the order of its stream.
 */
export class EventIntake {
  private readonly beginnings = new Map<string, Position | undefined>();
  private readonly listeners = new Set<() => void>();

  /** @param listener is told, coalesced, that something was noted by this process. @returns what removes it. */
  onTaken(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Fixes where reactions begin, once for all programs, and reads it.
   *
   * @param head the end of the log, for those that begin now.
   */
  async begin(database: Database, store: EventStore, reactions: readonly Reaction[]): Promise<void> {
    const head = reactions.length > 0 ? await store.head() : undefined;
    for (const { kind, options } of reactions) {
      const since = options.from === 'beginning' ? undefined : head;
      const values = [options.name, kind, since?.epoch, since?.transaction, since?.position];
      await database.queryAsSystem('begin to react', begin, values);
      const [row] = await database.queryAsSystem<BeginningRow>('read where to begin', readBeginning, [
        options.name,
      ]);
      this.beginnings.set(options.name, toPosition(row));
    }
  }

  /** The projection of a reaction. It has no version but the first: what was noted is never noted anew. */
  projectionFor(reaction: Reaction): ProjectionHandler {
    const takeInto = (event: ProjectedEvent, tx: Transaction) =>
      this.take(reaction, event as RecordedEvent, tx);
    const { name, events } = reaction.options;

    @Projection({ name, version: 1, lifecycle: 'async', events, tables: [], personal: [] })
    class Intake implements ProjectionHandler {
      handle(event: ProjectedEvent, tx: Transaction): void {
        takeInto(event, tx);
      }
    }
    return new Intake();
  }

  /** @param event comes from the log: asynchronous projections are handed events with their position. */
  private take(reaction: Reaction, event: RecordedEvent, tx: Transaction): void {
    const { tenantId, streamType, streamId, version, position, part = 0, type } = event;
    const { name } = reaction.options;
    const since = this.beginnings.get(name);
    if (since && comparePositions(position, since) <= 0) return;
    const lane = reaction.laneOf(event);
    if (lane === undefined) return;
    const { epoch, transaction, position: place } = position;
    const values = [tenantId, name, lane, epoch, transaction, place, part, streamType, streamId];
    tx.execute(takeIn, [...values, version, type]);
    tx.afterCommit(() => this.listeners.forEach((listener) => listener()));
  }
}

function toPosition(row: BeginningRow | undefined): Position | undefined {
  if (!row || row.epoch === null) return undefined;
  return { epoch: row.epoch, transaction: BigInt(row.transaction), position: BigInt(row.position) };
}
