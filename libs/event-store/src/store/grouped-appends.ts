import { BatchRefused, MicroBatcher, type Database } from '@acci/database';
import { insertion, insertionOfAll } from './insertion.js';
import type { PreparedAppend } from './prepare-append.js';
import type { PositionRow } from './rows.js';

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
      const { tenantId, statement, values } = insertion(append);
      const rows = await this.database.queryInTenant<PositionRow>(tenantId, statement, values);
      this.committed();
      return rows;
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
    const byTenant = [...Map.groupBy(group, ({ append }) => append.tenantId)];
    const parts = byTenant.map(([tenantId, own]) =>
      insertionOfAll(
        tenantId,
        own.map(({ append }) => append),
      ),
    );
    const inserted = await this.database.queryInTenants<PositionRow>(parts, { lockTimeoutMs });
    this.committed();
    for (const [index, [, own]] of byTenant.entries()) {
      let taken = 0;
      for (const { append, resolve } of own) {
        resolve(inserted[index]?.slice(taken, (taken += append.events.length)) ?? []);
      }
    }
  }
}

/** A stream that somebody else is appending to must not hold up all the others for longer. */
const lockTimeoutMs = 50;
