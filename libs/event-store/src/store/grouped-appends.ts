import {
  BatchRefused,
  MicroBatcher,
  type BoundStatement,
  type Queued,
  type Transaction,
} from '@acci/database';
import { holdSubjects, subjectsOf } from '../personal-data/keep-personal-data.js';
import { insertAlone, type InsertTools } from './insert-alone.js';
import { insertion, insertionOfSingles } from './insertion.js';
import type { PreparedAppend } from './prepare-append.js';
import type { PositionRow } from './rows.js';

// What somebody else holds, a stream or a row of a read model, must not hold up all the others for longer.
const lockTimeoutMs = 50;

interface Waiting {
  readonly append: PreparedAppend;
  readonly resolve: (rows: readonly PositionRow[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends that arrive at the same time share a transaction, with what hooks queue for them, each accepted or refused on
 * its own: the cost of a commit is paid once for all of them. One that comes alone goes alone.
 *
 * A group holds a stream once at most, so one append of it never depends on another. If the server or a hook refuses one,
 * none has happened, and each goes again by itself. Where the outcome is unknown, since the connection ended, all of them
 * are told so, as one that went alone would be.
 */
export class GroupedAppends {
  private readonly batcher: MicroBatcher<Waiting>;
  private readonly streams = new Set<string>();
  private alone = 0;

  constructor(private readonly tools: InsertTools) {
    this.batcher = new MicroBatcher({
      size: 128,
      concurrency: 2,
      patienceMs: tools.database.acquireTimeoutMs,
      send: (group) => this.send(group),
    });
  }

  /** Inserts the events of an append in a transaction of its own, or in that of a group. */
  async insert(append: PreparedAppend): Promise<readonly PositionRow[]> {
    const stream = `${append.tenantId} ${append.streamId}`;
    if (this.streams.has(stream) || (this.alone === 0 && this.batcher.idle)) return this.insertAlone(append);
    this.streams.add(stream);
    try {
      return await new Promise((resolve, reject) => this.batcher.add({ append, resolve, reject }));
    } finally {
      this.streams.delete(stream);
    }
  }

  private async insertAlone(append: PreparedAppend): Promise<readonly PositionRow[]> {
    this.alone += 1;
    try {
      return await insertAlone(this.tools, append);
    } finally {
      this.alone -= 1;
    }
  }

  private async send(group: readonly Waiting[]): Promise<void> {
    if (group.length > 1) {
      try {
        await this.insertTogether(group);
        return;
      } catch (error) {
        if (!(error instanceof BatchRefused)) {
          for (const { reject } of group) reject(error);
          return;
        }
      }
    }
    await Promise.all(
      group.map(({ append, resolve, reject }) => this.insertAlone(append).then(resolve, reject)),
    );
  }

  private async insertTogether(group: readonly Waiting[]): Promise<void> {
    // In one order, so that two groups which write to the same rows do not each wait for the other.
    const tenants = [...Map.groupBy(group, ({ append }) => append.tenantId)].toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    );
    const insertions = await this.tools.database.inTenants(
      tenants.map(([tenantId, own]) => ({ tenantId, work: (tx) => this.queue(tx, tenantId, own) })),
      { lockTimeoutMs },
    );
    this.tools.committed();
    for (const { queued, members } of insertions.flat()) {
      if (members.length === 1) members[0]?.resolve(queued.rows);
      else for (const [index, { resolve }] of members.entries()) resolve(queued.rows.slice(index, index + 1));
    }
  }

  private async queue(
    tx: Transaction,
    tenantId: string,
    own: readonly Waiting[],
  ): Promise<QueuedInsertion[]> {
    holdSubjects(
      tx,
      tenantId,
      own.flatMap(({ append }) => subjectsOf(append)),
    );
    const queued = insertionsOf(tenantId, own).map(({ bound, members }) => ({
      queued: tx.execute<PositionRow>(bound.statement, bound.values),
      members,
    }));
    const inOrder = queued.flatMap(({ members }) => members.map(({ append }) => append));
    await this.tools.hooks.run(inOrder, tx);
    return queued;
  }
}

/** A statement, and whose events it inserts: of several appends it returns a row for each. */
interface Insertion {
  readonly bound: BoundStatement;
  readonly members: readonly Waiting[];
}

interface QueuedInsertion {
  readonly queued: Queued<PositionRow>;
  readonly members: readonly Waiting[];
}

/** One statement for all appends of one event; one for each longer one, which would otherwise repeat much. */
function insertionsOf(tenantId: string, own: readonly Waiting[]): Insertion[] {
  const singles = own.filter(({ append }) => append.events.length === 1);
  const longer = own.filter(({ append }) => append.events.length > 1);
  const insertions = longer.map((member): Insertion => ({
    bound: insertion(member.append),
    members: [member],
  }));
  if (singles.length === 0) return insertions;
  const appends = singles.map(({ append }) => append);
  return [{ bound: insertionOfSingles(tenantId, appends), members: singles }, ...insertions];
}
