import type { Database, Transaction } from '@acci/database';
import type { Context, EventStore } from '@acci/event-store';
import * as lane from '../reaction/lane-statements.js';
import type { ReactionWorker } from '../reaction/reaction-worker.js';
import { DeadLetterNotFound, DeadLetterSettled } from '../reaction/reactions.errors.js';
import { actsOf } from './dead-letter-acts.js';
import * as sql from './dead-letter-statements.js';

/** Something that could not be delivered: an event to a subscription, or a step of a process. */
export interface DeadLetter {
  readonly id: string;
  /** The subscription or process manager. */
  readonly reaction: string;
  readonly kind: 'event' | 'timer' | 'command';
  /** The type of the event, or the name of the timer or command. */
  readonly name: string;
  /** The stream of a subscription, or the process: what happens to it next waits behind the dead letter. */
  readonly lane: string;
  /** How many deliveries wait behind it, counted up to 1,000. */
  readonly waiting: number;
  /** Where the event is; undefined for a timer or command. */
  readonly event:
    { readonly streamType: string; readonly streamId: string; readonly version: number } | undefined;
  readonly attempts: number;
  /** The last error, in one line and without the event's data. */
  readonly error: string;
  readonly failedAt: Date;
  /** `retrying` until it has arrived, when it is gone, or failed again, when it is `open`. */
  readonly status: 'open' | 'retrying' | 'discarded';
  /** Who retried or discarded it, and why. */
  readonly settled: { readonly by: string; readonly reason: string; readonly at: Date } | undefined;
}

/** Which dead letters {@link DeadLetters.list} returns, oldest first. */
export interface DeadLetterSelection {
  readonly status?: DeadLetter['status'] | undefined;
  readonly reaction?: string | undefined;
  /** Only those after this one, by id. */
  readonly after?: string | undefined;
  /** Default 100. */
  readonly limit?: number;
}

/** Which dead letters {@link DeadLetters.listEverywhere} returns, oldest first. */
export interface EveryTenantSelection extends DeadLetterSelection {
  readonly tenantId?: string | undefined;
  /** Only these. */
  readonly ids?: readonly string[] | undefined;
}

/** A dead letter, and whose it is. */
export interface DeadLetterOfTenant extends DeadLetter {
  readonly tenantId: string;
}

/**
 * What could not be delivered in a tenant, and what becomes of it.
 *
 * @example
 * const [letter] = await deadLetters.list(ctx, { status: 'open' });
 * if (letter) await deadLetters.retry(ctx, letter.id, { reason: 'The receiver is back' });
 */
export class DeadLetters {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly worker: ReactionWorker,
  ) {}

  /** Dead letters of the tenant. */
  async list(
    { tenantId }: Context,
    { status, reaction, after, limit = 100 }: DeadLetterSelection = {},
  ): Promise<DeadLetter[]> {
    const values = [tenantId, status, reaction, after, limit];
    const rows = await this.database.queryInTenant<sql.DeadLetterRow>(
      tenantId,
      sql.selectDeadLetters,
      values,
    );
    return rows.map(toDeadLetter);
  }

  /** Those with these ids, as far as they are there and fit. */
  async find(
    { tenantId }: Context,
    ids: readonly string[],
    { status, reaction }: Pick<DeadLetterSelection, 'status' | 'reaction'> = {},
  ): Promise<DeadLetter[]> {
    const values = [tenantId, status, reaction, ids];
    const rows = await this.database.queryInTenant<sql.DeadLetterRow>(tenantId, sql.findDeadLetters, values);
    return rows.map(toDeadLetter);
  }

  /** Those of all tenants, for whoever operates the platform. */
  async listEverywhere(selection: EveryTenantSelection = {}): Promise<DeadLetterOfTenant[]> {
    const { tenantId, status, reaction, after, limit = 100, ids } = selection;
    const rows = await this.database.queryAsSystem<sql.DeadLetterRow & { readonly tenant_id: string }>(
      'list dead letters',
      sql.selectEverywhere,
      [tenantId, status, reaction, after, limit, ids],
    );
    return rows.map((row) => Object.assign(toDeadLetter(row), { tenantId: row.tenant_id }));
  }

  /** @throws {DeadLetterNotFound} */
  async get({ tenantId }: Context, id: string): Promise<DeadLetter> {
    const key = [tenantId, id];
    const [row] = await this.database.queryInTenant<sql.DeadLetterRow>(tenantId, sql.selectDeadLetter, key);
    if (!row) throw new DeadLetterNotFound(id);
    return toDeadLetter(row);
  }

  /**
   * Has it delivered again, and what waits behind it after that. The event `acci.dead_letter.retried` says who wanted it.
   *
   * @throws {DeadLetterNotFound} {@link DeadLetterSettled}
   */
  async retry(ctx: Context, id: string, { reason }: { readonly reason: string }): Promise<DeadLetter> {
    const letter = await this.settle(ctx, id, 'retrying', reason);
    this.worker.wake();
    return letter;
  }

  /**
   * Gives it up, and lets what waits behind it go on. The event `acci.dead_letter.discarded` says who wanted it.
   *
   * @throws {DeadLetterNotFound} {@link DeadLetterSettled}
   */
  async discard(ctx: Context, id: string, { reason }: { readonly reason: string }): Promise<DeadLetter> {
    const letter = await this.settle(ctx, id, 'discarded', reason);
    this.worker.wake();
    return letter;
  }

  private settle(
    ctx: Context,
    id: string,
    status: 'retrying' | 'discarded',
    reason: string,
  ): Promise<DeadLetter> {
    const { tenantId, actor } = ctx;
    return this.database.inTenant(tenantId, async (tx) => {
      const values = [tenantId, id, status, actor, reason];
      const [row] = await tx.query<sql.DeadLetterRow>(sql.settleDeadLetter, values);
      if (!row) return this.refuse(tx, tenantId, id);
      const { reaction, kind, name, attempts } = row;
      const key = [tenantId, reaction, row.lane];
      if (status === 'discarded') tx.execute(lane.removeDelivery, [...key, row.number]);
      tx.execute(lane.openLane, key);
      const acts = await actsOf(this.store, ctx, id);
      const act = { reaction, kind, name, attempts, reason };
      if (status === 'discarded') acts.discard(act);
      else acts.retry(act);
      await this.store.save(ctx, acts);
      return this.get(ctx, id);
    });
  }

  private async refuse(tx: Transaction, tenantId: string, id: string): Promise<never> {
    const found = await tx.query(sql.selectDeadLetter, [tenantId, id]);
    throw found.length > 0 ? new DeadLetterSettled(id) : new DeadLetterNotFound(id);
  }
}

function toDeadLetter(row: sql.DeadLetterRow): DeadLetter {
  const {
    id,
    reaction,
    kind,
    name,
    lane: inLane,
    waiting,
    attempts,
    error,
    failed_at: failedAt,
    status,
  } = row;
  const {
    stream_type: streamType,
    stream_id: streamId,
    version,
    settled_by: by,
    reason,
    settled_at: at,
  } = row;
  return {
    id,
    reaction,
    kind,
    name,
    lane: inLane,
    waiting,
    event:
      streamType !== null && streamId !== null && version !== null
        ? { streamType, streamId, version }
        : undefined,
    attempts,
    error,
    failedAt,
    status,
    settled: by !== null && reason !== null && at !== null ? { by, reason, at } : undefined,
  };
}
