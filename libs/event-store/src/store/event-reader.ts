import type { Database } from '@acci/database';
import type { Aggregate, AggregateClass } from '../aggregate/aggregate.js';
import { causedEvents, type Cause, type CausedOptions } from '../command/caused-events.js';
import type { Context } from '../context.js';
import type { DomainEvent } from '../event/event-definition.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import type { Position } from '../position.js';
import {
  replay,
  type ReplayHandler,
  type ReplayOptions,
  type ReplayResult,
  type ReplaySelection,
} from '../replay/replay.js';
import { replaySource } from '../replay/replay-source.js';
import type { Snapshots } from '../stream/snapshots.js';
import { StreamReader, type LoadOptions, type ReadStreamOptions } from '../stream/stream-reader.js';
import type { EventQuery, QueryOptions, QueryResult } from '../tag/event-query.js';
import { queryEvents } from '../tag/query-events.js';
import type { EventDecoder } from './decoding.js';
import { EventLog, type LogFilter } from './event-log.js';

/** The half of an {@link EventStore} that only reads. */
export abstract class EventReader {
  private readonly log: EventLog;
  private readonly streams: StreamReader;

  constructor(
    protected readonly database: Database,
    protected readonly registry: EventRegistry,
    protected readonly decoder: EventDecoder,
    protected readonly snapshots: Snapshots,
  ) {
    this.log = new EventLog(database, registry, decoder);
    this.streams = new StreamReader(database, registry, decoder, snapshots);
  }

  /**
   * An aggregate as its events made it, those of older versions upcast; from its last snapshot on, if its class declares
   * one. Stored data is not checked against the schema again: it was on its way in.
   *
   * @param options an earlier state. Saving an aggregate that is not at the stream's last version is a conflict.
   * @throws {StreamNotFound} if there is no such stream in the tenant, there was none then, or it belongs to another
   * aggregate.
   * @throws {VersionNotFound} for a version that the stream has not reached.
   * @throws {UnknownEventType} {@link UnknownEventVersion} for an event that the aggregate does not list.
   * @throws {UpcastFailed}
   * @example
   * const before = await store.load(ctx, Account, id, { at: new Date('2024-12-31T23:59:59Z') });
   */
  load<A extends Aggregate>(
    ctx: Context,
    type: AggregateClass<A>,
    id: string,
    options: LoadOptions = {},
  ): Promise<A> {
    return this.streams.load(ctx, type, id, options);
  }

  /**
   * The events of one stream in order, or in reverse, those of older versions upcast. A stream that does not exist has none.
   *
   * There are fewer than `limit` only if the stream ends. There may be a few more: events that one stored event is
   * read as have one version, and are returned together. Whoever reads on begins at the last version plus one, or minus.
   *
   * @throws {UnknownEventVersion} {@link UpcastFailed} unless `raw`.
   */
  readStream(
    ctx: Context,
    streamType: string,
    id: string,
    options: ReadStreamOptions = {},
  ): Promise<RecordedEvent[]> {
    return this.streams.read(ctx, streamType, id, options);
  }

  /**
   * The next events of the whole log, of every tenant, in its order, those of older versions upcast. Only settled
   * events are returned: none can appear later before one that was seen. An open transaction anywhere in the cluster
   * holds back what came after it.
   *
   * @param after the position of the last event seen; undefined to begin at the beginning.
   * @param limit how many events to return. There are fewer only at the end of the log, and there may be a few more:
   * events that one stored event is read as have one position, and are returned together.
   * @throws {EpochNotAdopted} if the log was restored from another cluster and no migration has run since.
   * @throws {UnknownEventVersion} {@link UpcastFailed} unless `raw`.
   * @example
   * const events = await store.readAll(checkpoint, 500, { types: ['tenancy.tenant.created'] });
   */
  readAll(after: Position | undefined, limit: number, filter: LogFilter = {}): Promise<RecordedEvent[]> {
    return this.log.read(after, limit, filter);
  }

  /**
   * The position of the last settled event; undefined while there is none. A reader with a filter that asks for
   * this first, and then gets fewer events than its limit, has seen everything up to here.
   */
  head(): Promise<Position | undefined> {
    return this.log.head();
  }

  /**
   * Fails if this cluster cannot order the log: it came from another one and was not adopted. Run at boot.
   *
   * @throws {EpochNotAdopted}
   */
  verifyEpoch(): Promise<void> {
    return this.log.verifyEpoch();
  }

  /**
   * The events of a tenant that fit a query, by their tags and types, in the order of the log; committed ones, settled or
   * not. What is decided by them can be appended under the condition that nothing else has come.
   *
   * Criteria without a tag make it look at all events of the tenant.
   *
   * @typeParam E the events that the query can find, so that their data has a type. It is believed, not checked.
   * @throws {UnknownEventVersion} {@link UpcastFailed}
   * @example
   * const aboutCourse = { tags: [tag('course', id)] };
   * const { events, position } = await store.query<CourseEvent>(ctx, aboutCourse);
   * await store.save(ctx, decide(events), { unless: { ...aboutCourse, after: position } });
   */
  query<E extends DomainEvent = DomainEvent>(
    ctx: Context,
    query: EventQuery,
    options: QueryOptions = {},
  ): Promise<QueryResult<E>> {
    const { database, registry, decoder } = this;
    return queryEvents({ database, registry, decoder }, ctx.tenantId, query, options);
  }

  /**
   * What one outside request, one event or one command caused in the tenant, in the order of the log; committed events,
   * settled or not.
   *
   * @throws {SystemInsideTenant} inside a tenant's transaction.
   * @throws {UnknownEventVersion} {@link UpcastFailed}
   * @example
   * const events = await store.caused(ctx, { correlationId: 'order-42' });
   */
  caused(ctx: Context, cause: Cause, options: CausedOptions = {}): Promise<RecordedEvent[]> {
    return causedEvents(this.database, this.decoder, ctx.tenantId, cause, options);
  }

  /**
   * Hands events that happened to a handler once more, in the order of the log, archived ones included. It knows nothing
   * of projections and their checkpoints, and keeps none: what to go on from is in its result and its progress.
   *
   * @returns when the end is reached, or after the batch during which it was aborted.
   * @throws what the handler throws; the progress told last is where to go on then.
   * @throws {RangeError} for a stream without its tenant, or a rate that is not above 0.
   * @example
   * const { position } = await store.replay({ types: [OrderPlaced.type], from }, (events) => send(events), {
   *   eventsPerSecond: 200,
   *   signal,
   * });
   */
  replay(
    selection: ReplaySelection,
    handler: ReplayHandler,
    options: ReplayOptions = {},
  ): Promise<ReplayResult> {
    const { database, registry, decoder, log } = this;
    const source = replaySource({ database, registry, decoder, log }, selection);
    return replay(source, selection, handler, options);
  }
}
