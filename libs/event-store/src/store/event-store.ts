import type { Database } from '@acci/database';
import { internals, type Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import { HandledCommands, type OnceOptions } from '../command/handled-commands.js';
import type { Context } from '../context.js';
import { defaultLimits, type EventLimits } from '../event/event-encoder.js';
import type { EventRegistry } from '../event/event-registry.js';
import { StreamArchived, StreamConflict, StreamNotFound, VersionMismatch } from '../event-store.errors.js';
import { PersonalDataCipher } from '../personal-data/personal-data-cipher.js';
import type { Position } from '../position.js';
import { archiveStream, type ArchiveOptions } from '../stream/archived.js';
import { Snapshots } from '../stream/snapshots.js';
import { Appender } from './appender.js';
import { AppendHooks, type AppendHook, type AppendHookOptions } from './append-hooks.js';
import { CommitNudge } from './commit-nudge.js';
import { EventDecoder } from './decoding.js';
import { EventReader } from './event-reader.js';
import type { AppendResult, EventStoreOptions, SaveOptions, UpdateOptions } from './event-store.options.js';
import { GroupedAppends } from './grouped-appends.js';
import type { AppendRequest } from './prepare-append.js';
import { retryConflicts } from './retry-conflicts.js';

/** What other parts of this library share with a store. */
interface StoreInternals {
  readonly cipher: PersonalDataCipher;
  readonly decoder: EventDecoder;
  readonly hooks: AppendHooks;
  readonly limits: EventLimits;
  readonly nudge: CommitNudge;
  readonly snapshots: Snapshots;
}

/** For those parts; not exported from the package. */
export let internalsOf: (store: EventStore) => StoreInternals;

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
export class EventStore extends EventReader {
  private readonly limits: EventLimits;
  private readonly updateAttempts: number;
  private readonly appender: Appender;
  private readonly commands: HandledCommands;
  private readonly hooks = new AppendHooks();
  private readonly nudge = new CommitNudge();

  static {
    internalsOf = ({ cipher, decoder, hooks, limits, nudge, snapshots }) => ({
      cipher,
      decoder,
      hooks,
      limits,
      nudge,
      snapshots,
    });
  }

  constructor(
    database: Database,
    registry: EventRegistry,
    options: EventStoreOptions = {},
    private readonly cipher: PersonalDataCipher = new PersonalDataCipher(),
  ) {
    const { maxEventBytes, maxEventDepth } = { ...defaultLimits, ...options };
    const limits = { maxEventBytes, maxEventDepth };
    super(database, registry, new EventDecoder(registry, cipher), new Snapshots(database, limits, cipher));
    this.limits = limits;
    this.updateAttempts = options.updateAttempts ?? 5;
    const tools = { database, hooks: this.hooks, committed: this.nudge.signal };
    const [plain, hooked] = [new GroupedAppends(tools), new GroupedAppends(tools)];
    this.appender = new Appender({ ...tools, plain, hooked }, registry, limits, cipher);
    this.commands = new HandledCommands(database, this.updateAttempts);
  }

  /**
   * Appends what the aggregate recorded, all of it or nothing, and gives up if the stream has changed since it was
   * loaded. Inside an open `database.inTenant` it belongs to that transaction.
   *
   * @throws {StreamConflict} if somebody else appended first, a new aggregate's id is in use, or the transaction in which
   * the aggregate was saved before was undone: load it anew.
   * @throws {StreamArchived} if the stream was archived when the aggregate was loaded.
   * @throws {ClaimTaken} or the claim's own error, if another stream holds a value that an event claims.
   * @throws {ConsistencyViolated} if an event has come that must not have, see {@link SaveOptions.unless}.
   * @throws {EventInvalid} {@link UnstorableData} {@link EventTooLarge} {@link InvalidStreamId} for bad input.
   */
  async save(ctx: Context, aggregate: Aggregate, { unless }: SaveOptions = {}): Promise<AppendResult> {
    const request = this.request(ctx, aggregate);
    const position = request && (await this.appender.append(request, unless));
    return this.saved(ctx, aggregate, request, position);
  }

  /**
   * As {@link save}, for several aggregates: everything that they recorded, in one transaction and one round trip, or
   * nothing. Each stream must be as it was when its aggregate was loaded.
   *
   * @returns a result for each, in the order given.
   * @throws what {@link save} throws; {@link StreamsConflict}, a {@link StreamConflict}, names all of the streams.
   * @throws {RangeError} for two aggregates of one stream.
   * @example
   * from.withdraw(amount);
   * to.deposit(amount);
   * await store.saveAll(ctx, [from, to]);
   */
  async saveAll(
    ctx: Context,
    aggregates: readonly Aggregate[],
    { unless }: SaveOptions = {},
  ): Promise<AppendResult[]> {
    if (new Set(aggregates.map(({ id }) => id)).size < aggregates.length)
      throw new RangeError('Two of the aggregates are of one stream');
    const requests = aggregates.map((aggregate) => this.request(ctx, aggregate));
    const wanted = requests.filter((request) => request !== undefined);
    const positions = wanted.length > 0 ? await this.appender.appendAll(wanted, unless) : [];
    return aggregates.map((aggregate, index) => {
      const request = requests[index];
      return this.saved(ctx, aggregate, request, request && positions[wanted.indexOf(request)]);
    });
  }

  /**
   * Does the work of a command once, however often the command comes. Its events and its result are committed together;
   * under a command id that was handled before, by whatever process, the first result is the answer. Of commands that
   * come at the same time one works, and the others wait for its result. A command that failed was not handled.
   *
   * Without `ctx.commandId` it only does the work. Ids are remembered for 7 days. Work that lost a race is done anew, so
   * it loads or makes itself what it saves, and has no effect outside the transaction. Its result is JSON and big
   * integers (an {@link AppendResult} is), and never a secret.
   *
   * @throws {CommandIdReused} if the id was used for another command, or by another actor.
   * @throws {InvalidCommandId} {@link UnstorableData} for an id or a result that cannot be kept.
   * @example
   * await store.once(ctx, () => store.update(ctx, Order, id, (order) => order.ship(parcel)), {
   *   command: ['ShipOrder', id, parcel],
   * });
   */
  once<R>(ctx: Context, work: () => Promise<R>, options: OnceOptions = {}): Promise<R> {
    return this.commands.once(ctx, work, options);
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
    return retryConflicts(this.database, this.updateAttempts, async () => {
      const aggregate = await this.load(ctx, type, id).catch((error: unknown) => {
        throw (error instanceof StreamNotFound && notFound?.()) || error;
      });
      if (expectedVersion !== undefined && aggregate.version !== expectedVersion) {
        throw new VersionMismatch(type.streamType, id, expectedVersion);
      }
      await decide(aggregate);
      return this.save(ctx, aggregate).catch((error: unknown) => {
        if (expectedVersion === undefined || !(error instanceof StreamConflict)) throw error;
        throw new VersionMismatch(type.streamType, id, expectedVersion, { cause: error });
      });
    });
  }

  /**
   * Ends a stream: its last event becomes `acci.stream.archived`, and no other can follow. {@link StreamArchiver} then
   * moves its events out of the way of the others; everything that reads still finds them. Claims of the stream stay.
   * Archiving an archived stream changes nothing.
   *
   * @returns the stream's last version, and the position of its last event.
   * @throws {StreamNotFound} {@link StreamConflict}
   * @throws {VersionMismatch} if `expectedVersion` was given and the stream is at another version.
   * @example
   * await store.update(ctx, Order, id, (order) => order.close());
   * await store.archive(ctx, Order, id);
   */
  async archive(
    ctx: Context,
    type: AggregateClass,
    id: string,
    options: ArchiveOptions = {},
  ): Promise<AppendResult> {
    const { streamType } = this.registry.eventsOf(type);
    const ended = await retryConflicts(this.database, this.updateAttempts, () =>
      archiveStream(this.database, ctx, streamType, id, options, (request) => this.appender.append(request)),
    );
    return { streamId: id, ...ended };
  }

  /** Waits for the snapshots that are being written behind saves: before the database is closed, and in tests. */
  flushSnapshots(): Promise<void> {
    return this.snapshots.flush();
  }

  /**
   * Adds work to the transaction of every append: this is how inline projections are kept. The events are on
   * their way, so their position is not known yet. Appends of a tenant that arrive at the same time share a transaction
   * and one call. A hook that throws undoes the append; where several share the call, it is called again for each.
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

  /** What is to be appended for an aggregate; undefined if it recorded nothing. */
  private request(ctx: Context, aggregate: Aggregate): AppendRequest | undefined {
    const { id: streamId, version: expectedVersion } = aggregate;
    const stream = this.registry.eventsOf(aggregate.constructor);
    const events = [...internals.recorded(aggregate)];
    if (events.length === 0) return undefined;
    if (internals.isArchived(aggregate)) throw new StreamArchived(stream.streamType, streamId);
    return { ctx, stream, streamId, expectedVersion, events };
  }

  private saved(
    ctx: Context,
    aggregate: Aggregate,
    request: AppendRequest | undefined,
    position: Position | undefined,
  ): AppendResult {
    if (request) {
      internals.saved(aggregate, request.events.length);
      this.snapshots.saved(ctx.tenantId, aggregate);
    }
    return { streamId: aggregate.id, version: aggregate.version, position };
  }
}
