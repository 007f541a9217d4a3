import { BatchRefused, MicroBatcher, type Database, type TenantStatement } from '@acci/database';
import { holdingOf, keepPersonalData, subjectsOf } from '../personal-data/keep-personal-data.js';
import { insertion, insertionOfSingles } from './insertion.js';
import type { PreparedAppend } from './prepare-append.js';
import type { PositionRow } from './rows.js';

// A stream that somebody else is appending to must not hold up all the others for longer.
const lockTimeoutMs = 50;

interface Waiting {
  readonly append: PreparedAppend;
  readonly resolve: (rows: readonly PositionRow[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends that arrive at the same time share a transaction, each accepted or refused on its own: the cost of a commit
 * is paid once for all of them. One that comes alone goes alone.
 *
 * A group holds a stream once at most, so one append of it never depends on another. If the server refuses one, none
 * has happened, and each goes again by itself. Where the outcome is unknown, since the connection ended, all of them
 * are told so, as one that went alone would be.
 */
export class GroupedAppends {
  private readonly batcher: MicroBatcher<Waiting>;
  private readonly streams = new Set<string>();
  private alone = 0;

  /** @param committed told after each commit. */
  constructor(
    private readonly database: Database,
    private readonly committed: () => void,
  ) {
    this.batcher = new MicroBatcher({
      size: 128,
      concurrency: 2,
      patienceMs: database.acquireTimeoutMs,
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
      const rows = await this.insertOne(append);
      this.committed();
      return rows;
    } finally {
      this.alone -= 1;
    }
  }

  private async insertOne(append: PreparedAppend): Promise<readonly PositionRow[]> {
    const { tenantId, statement, values } = insertion(append);
    if (append.subjects.length === 0)
      return this.database.queryInTenant<PositionRow>(tenantId, statement, values);
    const { queued } = await this.database.inTenant(tenantId, (tx) => {
      keepPersonalData(tx, append);
      return { queued: tx.execute<PositionRow>(statement, values) };
    });
    return queued.rows;
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
    const statements: TenantStatement[] = [];
    const places: { readonly at: number; readonly members: readonly Waiting[] }[] = [];
    for (const [tenantId, own] of Map.groupBy(group, ({ append }) => append.tenantId)) {
      const held = own.flatMap(({ append }) => subjectsOf(append));
      if (held.length > 0) statements.push(holdingOf(tenantId, held));
      for (const { statement, members } of insertionsOf(tenantId, own))
        places.push({ at: statements.push(statement) - 1, members });
    }
    const results = await this.database.queryInTenants<PositionRow>(statements, { lockTimeoutMs });
    this.committed();
    for (const { at, members } of places) {
      const rows = results[at] ?? [];
      if (members.length === 1) members[0]?.resolve(rows);
      else for (const [index, { resolve }] of members.entries()) resolve(rows.slice(index, index + 1));
    }
  }
}

/** A statement, and whose events it inserts: of several appends it returns a row for each. */
interface Insertion {
  readonly statement: TenantStatement;
  readonly members: readonly Waiting[];
}

/** One statement for all appends of one event; one for each longer one, which would otherwise repeat much. */
function insertionsOf(tenantId: string, own: readonly Waiting[]): Insertion[] {
  const singles = own.filter(({ append }) => append.events.length === 1);
  const longer = own.filter(({ append }) => append.events.length > 1);
  const insertions = longer.map((member): Insertion => ({
    statement: insertion(member.append),
    members: [member],
  }));
  if (singles.length === 0) return insertions;
  const appends = singles.map(({ append }) => append);
  return [{ statement: insertionOfSingles(tenantId, appends), members: singles }, ...insertions];
}
