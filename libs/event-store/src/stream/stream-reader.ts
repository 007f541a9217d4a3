import type { Database } from '@acci/database';
import { internals, type Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import type { Context } from '../context.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import { StreamNotFound, VersionNotFound } from '../event-store.errors.js';
import type { EventDecoder } from '../store/decoding.js';
import { isStreamId } from '../store/prepare-append.js';
import { toRecordedEvent, type RecordedRow, type StoredRow } from '../store/rows.js';
import { StreamArchivedEvent } from './archived.js';
import type { Snapshots } from './snapshots.js';
import {
  lastVersion,
  selectPastStream,
  selectRecordedStream,
  selectStream,
  selectStreamFromSnapshot,
} from './stream-statements.js';

/** Which state of an aggregate {@link EventStore.load} returns: the present one, unless told otherwise. */
export interface LoadOptions {
  /** Through this version of the stream, from 1. */
  readonly version?: number | undefined;
  /** What was recorded by then: events up to the first that was recorded later. */
  readonly at?: Date | undefined;
}

/** Which part of a stream {@link EventStore.readStream} returns. */
export interface ReadStreamOptions {
  /** Default `forwards`. */
  readonly direction?: 'forwards' | 'backwards';
  /** The first version wanted. Default 1; backwards, the last one. */
  readonly fromVersion?: number;
  /** How many events to return. Default 1,000. See {@link EventStore.readStream}. */
  readonly limit?: number;
  /** As they are stored: in the version they were recorded in, personal fields encrypted. */
  readonly raw?: boolean;
}

/** A row of a stream or, without a type, of its snapshot, whose schema version is then the version of the stream. */
type SnapshotOrStoredRow = StoredRow | (Omit<StoredRow, 'type'> & { readonly type: null });

/** Reads streams of one tenant: their events, and the aggregates that these make. */
export class StreamReader {
  constructor(
    private readonly database: Database,
    private readonly registry: EventRegistry,
    private readonly decoder: EventDecoder,
    private readonly snapshots: Snapshots,
  ) {}

  async load<A extends Aggregate>(
    { tenantId }: Context,
    type: AggregateClass<A>,
    id: string,
    options: LoadOptions,
  ): Promise<A> {
    const { streamType } = this.registry.eventsOf(type);
    if (!isStreamId(id)) throw new StreamNotFound(streamType, id);
    const past = options.version !== undefined || options.at !== undefined;
    return past ? this.past(tenantId, type, id, options) : this.present(tenantId, type, id);
  }

  async read(
    { tenantId }: Context,
    streamType: string,
    id: string,
    { direction = 'forwards', fromVersion, limit = 1_000, raw = false }: ReadStreamOptions,
  ): Promise<RecordedEvent[]> {
    if (!isStreamId(id)) return [];
    const [begin, step] = direction === 'forwards' ? [1, 1] : [lastVersion, -1];
    const from = fromVersion ?? begin;
    const rowsFrom = (version: number): Promise<readonly RecordedRow[]> =>
      this.database.queryInTenant<RecordedRow>(tenantId, selectRecordedStream[direction], [
        tenantId,
        streamType,
        id,
        version,
        limit,
      ]);
    if (raw) return (await rowsFrom(from)).map(toRecordedEvent);
    const events = await this.decoder.read(limit, (last) => rowsFrom(last ? last.version + step : from));
    return direction === 'forwards' ? events : partsReversed(events);
  }

  private async present<A extends Aggregate>(
    tenantId: string,
    type: AggregateClass<A>,
    id: string,
  ): Promise<A> {
    const { streamType, snapshot } = type;
    const key = [tenantId, streamType, id];
    const rows = snapshot
      ? await this.database.queryInTenant<SnapshotOrStoredRow>(tenantId, selectStreamFromSnapshot, [
          ...key,
          snapshot.version,
        ])
      : await this.database.queryInTenant<StoredRow>(tenantId, selectStream, key);
    const [first] = rows;
    if (!snapshot || first?.type !== null) return this.whole(tenantId, type, id, rows as StoredRow[]);

    const stored = { tenantId, id, version: first.schema_version, state: first.data };
    const aggregate = await this.snapshots.restore(type, snapshot, stored);
    if (aggregate) return this.replay(tenantId, type, aggregate, rows.slice(1) as StoredRow[]);
    const all = await this.database.queryInTenant<StoredRow>(tenantId, selectStream, key);
    return this.whole(tenantId, type, id, all);
  }

  /** @param rows all of the stream's that stand where appends go; if it is archived, the others are looked up. */
  private whole<A extends Aggregate>(
    tenantId: string,
    type: AggregateClass<A>,
    id: string,
    rows: readonly StoredRow[],
  ): Promise<A> | A {
    if (isArchived(rows)) return this.past(tenantId, type, id, {});
    return this.replay(tenantId, type, new type(id), rows);
  }

  private async past<A extends Aggregate>(
    tenantId: string,
    type: AggregateClass<A>,
    id: string,
    { version, at }: LoadOptions,
  ): Promise<A> {
    const { streamType } = type;
    const exists =
      version === undefined || (Number.isInteger(version) && version > 0 && version <= lastVersion);
    if (!exists) throw new VersionNotFound(streamType, id, version);
    const rows = await this.database.queryInTenant<StoredRow>(tenantId, selectPastStream, [
      tenantId,
      streamType,
      id,
      version ?? lastVersion,
      at?.toISOString(),
    ]);
    const aggregate = await this.replay(tenantId, type, new type(id), rows);
    if (version !== undefined && at === undefined && aggregate.version !== version)
      throw new VersionNotFound(streamType, id, version);
    return aggregate;
  }

  /** @param rows those after what the aggregate has in it already. */
  private async replay<A extends Aggregate>(
    tenantId: string,
    { streamType }: AggregateClass<A>,
    aggregate: A,
    rows: readonly StoredRow[],
  ): Promise<A> {
    const { id, version } = aggregate;
    if (version + rows.length === 0) throw new StreamNotFound(streamType, id);
    const archived = isArchived(rows);
    const own = archived ? rows.slice(0, -1) : rows;
    const events = await this.decoder.stream(tenantId, streamType, id, own, version + 1);
    internals.replay(aggregate, events, own.length);
    if (archived) internals.archived(aggregate);
    return aggregate;
  }
}

function isArchived(rows: readonly StoredRow[]): boolean {
  return rows.at(-1)?.type === StreamArchivedEvent.type;
}

/** What one stored event is read as comes in its own order; backwards, that is turned round too. */
function partsReversed(events: readonly RecordedEvent[]): RecordedEvent[] {
  const parts = Map.groupBy(events, ({ version }) => version);
  return [...parts.values()].flatMap((ofOne) => ofOne.toReversed());
}
