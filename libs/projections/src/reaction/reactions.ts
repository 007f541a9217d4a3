import { prepared, uuidv7, type Database } from '@acci/database';
import { formatPosition, type Context, type EventStore, type Position } from '@acci/event-store';
import { SubscriptionReplay } from '../outbox/replay.aggregate.js';
import { askForReplay, replayLane } from '../outbox/replay-step.js';
import { selectProcess, type ProcessRow } from '../process/process-statements.js';
import type { ReactionWorker } from './reaction-worker.js';
import { SubscriptionNotFound } from './reactions.errors.js';

/** How far a reaction is behind, over all tenants. */
export interface ReactionBacklog {
  readonly name: string;
  readonly kind: 'subscription' | 'process';
  /** Streams or processes in which something is due; counted up to {@link backlogLimit}. */
  readonly waiting: number;
  /** For how long the first of them has been, in seconds; 0 if there is none. */
  readonly seconds: number;
  /** Dead letters that nobody has retried or discarded. */
  readonly deadLetters: number;
}

/** Which events {@link Reactions.replay} delivers again; all that the subscription has, where nothing is said. */
export interface ReplayRange {
  /** Only events after this. */
  readonly from?: Position | undefined;
  /** The last event wanted. Default: the last one there is. */
  readonly to?: Position | undefined;
  readonly stream?: { readonly type: string; readonly id: string } | undefined;
  readonly reason: string;
}

/** A process, as it is. */
export interface ProcessState {
  readonly id: string;
  /** The version that the state is in. */
  readonly version: number;
  readonly status: 'running' | 'completed';
  readonly state: unknown;
  readonly beganAt: Date;
  readonly updatedAt: Date;
}

/** The most streams and processes that are counted: what a gauge needs to show, at a bounded cost. */
export const backlogLimit = 10_000;

const readBacklog = prepared(`
  select r.name, r.kind, due.waiting, due.seconds,
         (select count(*)::int from acci.dead_letters as d where d.reaction = r.name and d.status = 'open') as "deadLetters"
    from acci.reactions as r
   cross join lateral (
     select count(*)::int as waiting,
            coalesce(greatest(extract(epoch from clock_timestamp() - min(due_at)), 0), 0)::float8 as seconds
       from (select due_at from acci.reaction_lanes
              where reaction = r.name and due_at <= now() order by due_at limit ${backlogLimit})) as due
   order by r.name`);

const selectSubscription = prepared(`select from acci.reactions where name = $1 and kind = 'subscription'`);

/**
 * What can be asked of subscriptions and process managers and done to them, from any process.
 *
 * @example
 * await reactions.replay(ctx, 'shop.order-webhook', { from: position, reason: 'The receiver lost a day' });
 */
export class Reactions {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly worker: ReactionWorker,
  ) {}

  /** How far each is behind, for gauges: one statement, whose cost is bounded. */
  backlog(): Promise<ReactionBacklog[]> {
    return this.database.queryAsSystem<ReactionBacklog>('measure the backlog of reactions', readBacklog);
  }

  /**
   * Has events of the tenant delivered once more, each behind what its stream still waits for, under new ids. A worker
   * that knows the subscription does it; killed, the next one goes on where it was. The event
   * `acci.subscription.replayed` says who wanted it.
   *
   * @returns the id of the replay: of the stream of that event, too.
   * @throws {SubscriptionNotFound} also for a process manager: its commands are never sent again.
   */
  async replay(
    ctx: Context,
    name: string,
    { from, to, stream, reason }: ReplayRange,
  ): Promise<{ readonly id: string }> {
    const { tenantId } = ctx;
    const known = await this.database.queryAsSystem('find a subscription', selectSubscription, [name]);
    if (known.length === 0) throw new SubscriptionNotFound(name);
    const id = uuidv7();
    const range = {
      ...(from && { from: formatPosition(from) }),
      ...(to && { to: formatPosition(to) }),
      ...(stream && { stream }),
    };
    // What happens from now on is delivered anyway.
    const end = to ?? (await this.store.head());
    await this.database.inTenant(tenantId, async (tx) => {
      const place = { tenantId, reaction: name, lane: replayLane(id) };
      askForReplay(tx, place, { ...range, to: end && formatPosition(end) });
      await this.store.save(ctx, SubscriptionReplay.of(id, { subscription: name, ...range, reason }));
    });
    this.worker.wake();
    return { id };
  }

  /** A process of a process manager; undefined if it has not begun. */
  async process({ tenantId }: Context, name: string, id: string): Promise<ProcessState | undefined> {
    const key = [tenantId, name, id];
    const [row] = await this.database.queryInTenant<ProcessRow>(tenantId, selectProcess, key);
    if (!row) return undefined;
    const { version, status, state, began_at: beganAt, updated_at: updatedAt } = row;
    return { id, version, status, state, beganAt, updatedAt };
  }
}
