import { tracingChannel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@acci/database';
import { internals, type Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import type { Context } from '../context.js';
import { defaultLimits, type EventLimits } from '../event/event-encoder.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import { StreamConflict, StreamNotFound, VersionMismatch } from '../event-store.errors.js';
import type { Position } from '../position.js';
import { append, type AppendTools } from './append.js';
import { AppendHooks, type AppendHook, type AppendHookOptions } from './append-hooks.js';
import { CommitNudge } from './commit-nudge.js';
import { EventLog, type LogFilter } from './event-log.js';
import { GroupedAppends } from './grouped-appends.js';
import { isStreamId, prepareAppend, type AppendRequest } from './prepare-append.js';
import { toRecordedEvent, type RecordedRow } from './rows.js';
import { selectRecordedStream, selectStream } from './statements.js';

/** What a save did. */
export interface AppendResult {
  readonly streamId: string;
  /** The stream's version now. */
  readonly version: number;
  /** Where the last event stands in the log; undefined if there was nothing to append. */
  readonly position: Position | undefined;
}

/** How {@link EventStore.update} behaves. */
export interface UpdateOptions {
  /** The version that the caller has seen: nothing is decided on any other. */
  readonly expectedVersion?: number | undefined;
  /** Makes the domain's own error for a stream that does not exist. */
  readonly notFound?: () => Error;
}

/** Which part of a stream {@link EventStore.readStream} returns. */
export interface ReadStreamOptions {
  /** The first version wanted. Default 1. */
  readonly fromVersion?: number;
  /** Most events to return. Default 1,000. */
  readonly limit?: number;
}

/** Limits of the store. */
export interface EventStoreOptions extends Partial<EventLimits> {
  /** How often {@link EventStore.update} decides anew after losing a race. Default 5. */
  readonly updateAttempts?: number;
}

interface StoredRow {
  readonly type: string;
  readonly schema_version: number;
  readonly data: unknown;
}

const channel = tracingChannel('acci:append');

/**
 * Loads aggregates from their events, saves what they recorded, and reads the log.
 *
 * @example
 * const tenant = new Tenant(id);
 * tenant.create({ slug: 'acme', name: 'Acme' });
 * await store.save(ctx, tenant);
 *
 * await store.update(ctx, Tenant, id, (tenant) => tenant.suspend('unpaid'));
 */
export class EventStore {
  private readonly limits: EventLimits;
  private readonly updateAttempts: number;
  private readonly log: EventLog;
  private readonly hooks = new AppendHooks();
  private readonly nudge = new CommitNudge();
  private readonly appends: AppendTools;

  constructor(
    private readonly database: Database,
    private readonly registry: EventRegistry,
    { updateAttempts = 5, ...limits }: EventStoreOptions = {},
  ) {
    this.limits = { ...defaultLimits, ...limits };
    this.updateAttempts = updateAttempts;
    this.log = new EventLog(database);
    const committed = this.nudge.signal;
    this.appends = {
      database,
      hooks: this.hooks,
      grouped: new GroupedAppends(database, committed),
      committed,
    };
  }

  /**
   * An aggregate as its events made it. Stored data is not checked against the schema again: it was on its way in.
   *
   * @throws {StreamNotFound} if there is no such stream in the tenant, or it belongs to another aggregate.
   * @throws {UnknownEventType} {@link UnknownEventVersion} for an event that the aggregate does not list.
   */
  async load<A extends Aggregate>(ctx: Context, type: AggregateClass<A>, id: string): Promise<A> {
    const stream = this.registry.eventsOf(type);
    const rows = isStreamId(id)
      ? await this.database.queryInTenant<StoredRow>(ctx.tenantId, selectStream, [
          ctx.tenantId,
          type.streamType,
          id,
        ])
      : [];
    if (rows.length === 0) throw new StreamNotFound(type.streamType, id);
    const aggregate = new type(id);
    for (const row of rows) {
      stream.definition(row.type, row.schema_version);
      internals.replay(aggregate, { type: row.type, version: row.schema_version, data: row.data });
    }
    return aggregate;
  }

  /**
   * Appends what the aggregate recorded, all of it or nothing, and gives up if the stream has changed since it was
   * loaded. Inside an open `database.inTenant` it belongs to that transaction.
   *
   * @throws {StreamConflict} if somebody else appended first, or a new aggregate's id is in use.
   * @throws {ClaimTaken} or the claim's own error, if another stream holds a value that an event claims.
   * @throws {EventInvalid} {@link UnstorableData} {@link EventTooLarge} {@link InvalidStreamId} for bad input.
   */
  async save(ctx: Context, aggregate: Aggregate): Promise<AppendResult> {
    const { id: streamId, version } = aggregate;
    const stream = this.registry.eventsOf(aggregate.constructor);
    const events = [...internals.recorded(aggregate)];
    if (events.length === 0) return { streamId, version, position: undefined };
    const position = await this.append({ ctx, stream, streamId, expectedVersion: version, events });
    internals.saved(aggregate, events.length);
    return { streamId, version: aggregate.version, position };
  }

  /**
   * Loads, lets `decide` act, and saves; the one place that tries again after losing a race. `decide` may therefore
   * run several times, each time on a fresh aggregate.
   *
   * @throws {StreamConflict} when all attempts are used up, or inside a joined transaction, which a conflict ends.
   * @throws {VersionMismatch} if `expectedVersion` was given and the stream is at another version.
   * @throws {StreamNotFound} or what `notFound` makes.
   */
  async update<A extends Aggregate>(
    ctx: Context,
    type: AggregateClass<A>,
    id: string,
    decide: (aggregate: A) => void | Promise<void>,
    { expectedVersion, notFound }: UpdateOptions = {},
  ): Promise<AppendResult> {
    for (let attempt = 1; ; attempt += 1) {
      const aggregate = await this.load(ctx, type, id).catch((error: unknown) => {
        throw (error instanceof StreamNotFound && notFound?.()) || error;
      });
      if (expectedVersion !== undefined && aggregate.version !== expectedVersion) {
        throw new VersionMismatch(type.streamType, id, expectedVersion);
      }
      await decide(aggregate);
      try {
        return await this.save(ctx, aggregate);
      } catch (error) {
        if (!(error instanceof StreamConflict)) throw error;
        if (expectedVersion !== undefined) {
          throw new VersionMismatch(type.streamType, id, expectedVersion, { cause: error });
        }
        if (attempt >= this.updateAttempts || this.database.current) throw error;
        await sleep(Math.random() * 5 * 2 ** attempt);
      }
    }
  }

  /** The events of one stream in order, as they are stored. A stream that does not exist has none. */
  async readStream(
    ctx: Context,
    streamType: string,
    id: string,
    { fromVersion = 1, limit = 1_000 }: ReadStreamOptions = {},
  ): Promise<RecordedEvent[]> {
    if (!isStreamId(id)) return [];
    const values = [ctx.tenantId, streamType, id, fromVersion, limit];
    const rows = await this.database.queryInTenant<RecordedRow>(ctx.tenantId, selectRecordedStream, values);
    return rows.map(toRecordedEvent);
  }

  /**
   * The next events of the whole log, of every tenant, in its order. Only settled events are returned: none can
   * appear later before one that was seen. An open transaction anywhere in the cluster holds back what came after it.
   *
   * @param after the position of the last event seen; undefined to begin at the beginning.
   * @throws {EpochNotAdopted} if the log was restored from another cluster and no migration has run since.
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
   * Adds work to the transaction of every append: this is how inline projections are kept. The events are on
   * their way, so their position is not known yet. A hook that throws undoes the append.
   *
   * @returns a function that removes the hook.
   */
  onAppend(hook: AppendHook, options: AppendHookOptions = {}): () => void {
    return this.hooks.add(hook, options);
  }

  /**
   * Tells of appends that this process committed, coalesced, a moment after the fact. It is a hint to look now
   * rather than later: other processes' appends are not announced.
   *
   * @returns a function that removes the listener.
   */
  onCommitted(listener: () => void): () => void {
    return this.nudge.add(listener);
  }

  private append(request: AppendRequest): Promise<Position> {
    const run = (): Promise<Position> => append(this.appends, prepareAppend(request, this.limits));
    if (!channel.hasSubscribers) return run();
    const { ctx, stream, events } = request;
    const attributes = {
      'acci.tenant': ctx.tenantId,
      'acci.stream_type': stream.streamType,
      'acci.events': events.length,
    };
    return channel.tracePromise(run, { name: `append ${stream.streamType}`, attributes });
  }
}
