import type { Database, Queued, Transaction } from '@acci/database';
import * as sql from './lane-statements.js';
import type { Delivery, Reaction, Writes } from './reaction.js';

/**
 * The right to work on one lane: a stream of a subscription, or a process. Whatever is written under it names its
 * generation, which grows whenever the right changes hands, and the database refuses an old one.
 */
export interface LaneLease {
  readonly tenantId: string;
  readonly reaction: string;
  readonly lane: string;
  readonly generation: string;
  /** How often the delivery that comes next has failed already. */
  readonly attempts: number;
}

/** Appends to the event store in the transaction that is open. */
type Note = () => Promise<void>;

/** The lanes that one process works on. All times are the database's: the clocks of the processes do not matter. */
export class Lanes {
  constructor(
    private readonly database: Database,
    private readonly holder: string,
    private readonly leaseMs: number,
  ) {}

  /** Takes lanes in which something is due and nobody is at work, of each reaction as many as there is room for. */
  async take(rooms: ReadonlyMap<Reaction, number>): Promise<LaneLease[]> {
    const rows = await this.database.queryAsSystem<LaneRow>('take work of reactions', sql.takeLanes, [
      [...rooms.keys()].map(({ options }) => options.name),
      [...rooms.values()],
      this.holder,
      this.duration,
    ]);
    return rows.map(({ tenant_id: tenantId, lease_generation: generation, reaction, lane, attempts }) => ({
      tenantId,
      reaction,
      lane,
      generation,
      attempts,
    }));
  }

  /** Keeps the leases of this process. */
  async renew(): Promise<void> {
    await this.database.queryAsSystem('keep work of reactions', sql.renewLeases, [
      this.holder,
      this.duration,
    ]);
  }

  /** Gives all leases back, so that another process need not wait for them to expire. */
  async release(): Promise<void> {
    await this.database.queryAsSystem('give back work of reactions', sql.releaseLeases, [this.holder]);
  }

  /** What comes first in the lane; undefined if there is nothing, and the lease has been given back. */
  first(lease: LaneLease): Promise<Delivery | undefined> {
    return this.step(lease, () => {}, { attempts: lease.attempts });
  }

  /**
   * Notes that a delivery is done, together with what it changes, or nothing of both.
   *
   * @param note appends to the event store what is to be known of it.
   * @returns what comes next; undefined if there is nothing, and the lease has been given back.
   * @throws an error that {@link leaseLost} knows if somebody else has the lane by now.
   */
  done(
    lease: LaneLease,
    { number, id }: Delivery,
    writes: Writes,
    note?: Note,
  ): Promise<Delivery | undefined> {
    const finish: Writes = (tx) => {
      tx.execute(sql.finishDelivery, [...keyOf(lease), number]);
      tx.execute(sql.removeDeadLetter, [lease.tenantId, id]);
      tx.execute(sql.forgiveLane, keyOf(lease));
      writes(tx);
    };
    return this.step(lease, finish, { note });
  }

  /** Notes that a delivery failed and is to be tried again. The lease is given back. */
  async failed(lease: LaneLease, waitMs: number): Promise<void> {
    await this.write(lease, (tx) => {
      tx.execute(sql.postponeLane, [...keyOf(lease), `${waitMs} milliseconds`]);
    });
  }

  /** Makes a delivery a dead letter, behind which those after it wait. The lease is given back. */
  async dead(lease: LaneLease, delivery: Delivery, error: string, note: Note): Promise<void> {
    const { id, number, kind, name, place, attempt } = delivery;
    const bury: Writes = (tx) => {
      const key = keyOf(lease);
      const where = [place?.streamType, place?.streamId, place?.version];
      tx.execute(sql.insertDeadLetter, [...key, id, number, kind, name, ...where, attempt, error]);
      tx.execute(sql.closeLane, key);
    };
    await this.write(lease, bury, note);
  }

  private async step(
    lease: LaneLease,
    work: Writes,
    { attempts = 0, note }: { readonly attempts?: number; readonly note?: Note | undefined } = {},
  ): Promise<Delivery | undefined> {
    const takeNext = (tx: Transaction) => {
      work(tx);
      tx.execute(sql.leaveIfDone, keyOf(lease));
      return tx.execute<sql.DeliveryRow>(sql.selectNext, keyOf(lease));
    };
    const { queued } = await this.write(lease, takeNext, note);
    const [row] = queued.rows;
    return row && toDelivery(lease, row, attempts + 1);
  }

  /** All of it travels together with the commit; what is queued has its rows after that. */
  private write<T extends Queued<object> | void>(
    lease: LaneLease,
    work: (tx: Transaction) => T,
    note?: Note,
  ): Promise<{ readonly queued: T }> {
    const lane = [...keyOf(lease), lease.generation, this.duration];
    return this.database.inTenant(lease.tenantId, (tx) => {
      if (note) return this.writeWithNote(tx, lane, work, note);
      tx.execute(sql.holdLane, lane);
      return { queued: work(tx) };
    });
  }

  /** Under the lease from the beginning: nobody who has lost it appends anything. */
  private async writeWithNote<T>(
    tx: Transaction,
    lane: string[],
    work: (tx: Transaction) => T,
    note: Note,
  ): Promise<{ readonly queued: T }> {
    await tx.query(sql.holdLane, lane);
    await note();
    return { queued: work(tx) };
  }

  private get duration(): string {
    return `${this.leaseMs} milliseconds`;
  }
}

/** True for what a write under a lease fails with that somebody else has by now. */
export function leaseLost(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'LEASE';
}

type LaneRow = {
  readonly tenant_id: string;
  readonly reaction: string;
  readonly lane: string;
  readonly lease_generation: string;
  readonly attempts: number;
};

function keyOf({ tenantId, reaction, lane }: LaneLease): string[] {
  return [tenantId, reaction, lane];
}

function toDelivery({ tenantId, lane }: LaneLease, row: sql.DeliveryRow, attempt: number): Delivery {
  const { id, number, kind, name, data, due_at: dueAt, retried } = row;
  const place =
    row.stream_type === null
      ? undefined
      : { streamType: row.stream_type, streamId: row.stream_id, version: row.version, part: row.part };
  return { tenantId, lane, id, number, kind, name, place, data, dueAt, attempt, retried };
}
