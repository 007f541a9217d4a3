import { Database, OwnerDatabase, type OwnerQuery } from '@acci/database';
import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT_ID } from '../../platform-tenant.js';
import { ErasureBlocked } from './tenant-erasure.errors.js';
import * as sql from './tenant-erasure.statements.js';

/**
 * Few enough that a transaction is short: one that stays open holds up every reader of the event log.
 */
const rowsAtOnce = 5_000;

/**
 * Erases what is left of purged tenants: their rows in every table of the database, and what the platform keeps of
 * them but the fact that each was purged.
 *
 * It goes in small transactions, each of which counts on the receipt what it erased. Whatever kills it, the next
 * run goes on where it stopped; of several processes one works, and the others leave it to that one.
 */
@Injectable()
export class TenantErasure {
  constructor(
    private readonly database: Database,
    private readonly owner: OwnerDatabase,
  ) {}

  /**
   * Erases every tenant whose erasure was ordered and is not complete.
   *
   * @param onError is told of a tenant that could not be erased; the others go on.
   */
  async runPending(onError: (tenantId: string, error: unknown) => void): Promise<void> {
    const pending = await this.database.queryAsSystem<{ id: string }>(
      'find erasures to go on with',
      sql.selectPending,
    );
    for (const { id } of pending) await this.run(id).catch((error: unknown) => onError(id, error));
  }

  /**
   * Erases one tenant; does nothing if that is done, or another process is at it.
   *
   * @throws {ErasureBlocked} for tables whose rows other rows hold on to.
   */
  async run(tenantId: string): Promise<void> {
    // Again until nothing is found: a request or a projection that was under way at the purge may have come after.
    for (;;) {
      const erased = await this.sweep(tenantId);
      if (erased === undefined) return;
      if (erased === 0) break;
    }
    await this.step(tenantId, PLATFORM_TENANT_ID, async (query) => {
      await query(sql.completeErasure, [tenantId]);
      return [];
    });
  }

  /** One pass over everything; undefined if another process is at it. */
  private async sweep(tenantId: string): Promise<number | undefined> {
    const kept = await this.step(tenantId, PLATFORM_TENANT_ID, async (query) => {
      const rows = [];
      for (const statement of sql.erasePlatformRows)
        rows.push(...(await query(statement, [PLATFORM_TENANT_ID, tenantId])));
      return rows as unknown as ErasedRows[];
    });
    if (kept === undefined) return undefined;
    let total = kept;
    let tables = await this.tablesOf(tenantId);
    while (tables.length > 0) {
      const blocked: string[] = [];
      for (const table of tables) {
        const erased = await this.eraseTable(tenantId, table);
        if (erased === 'blocked') blocked.push(table);
        else if (erased === undefined) return undefined;
        else total += erased;
      }
      if (blocked.length === tables.length) throw new ErasureBlocked(blocked);
      tables = blocked;
    }
    return total;
  }

  private async tablesOf(tenantId: string): Promise<string[]> {
    const rows = await this.owner.inTenant(tenantId, (query) => query(sql.selectTenantTables));
    return rows.map(({ name }) => String(name));
  }

  /** Erases a tenant's rows of one table, in portions; in one go where the rows hold on to each other. */
  private async eraseTable(tenantId: string, table: string): Promise<number | 'blocked' | undefined> {
    try {
      let total = 0;
      for (;;) {
        const erased = await this.erasePortion(tenantId, table, rowsAtOnce);
        if (erased === undefined) return undefined;
        total += erased;
        if (erased < rowsAtOnce) return total;
      }
    } catch (error) {
      if (!isForeignKeyViolation(error)) throw error;
    }
    try {
      return await this.erasePortion(tenantId, table);
    } catch (error) {
      if (!isForeignKeyViolation(error)) throw error;
      return 'blocked';
    }
  }

  private erasePortion(tenantId: string, table: string, limit?: number): Promise<number | undefined> {
    return this.step(tenantId, tenantId, async (query) => {
      const rows = await query(sql.eraseRows(table), [limit ?? null]);
      return rows.map(({ erased }) => ({ table, erased: Number(erased) }));
    });
  }

  /**
   * One transaction of the owner: alone at this tenant, and with its count on the receipt.
   *
   * @param actAs the tenant whose rows the work is about.
   * @returns how many rows it erased; undefined if another process is at this tenant, or its erasure is complete.
   */
  private async step(
    tenantId: string,
    actAs: string,
    work: (query: OwnerQuery) => Promise<readonly ErasedRows[]>,
  ): Promise<number | undefined> {
    return this.owner.inTenant(actAs, async (query) => {
      const [mine] = await query(sql.lockErasure, [tenantId]);
      if (!mine) return undefined;
      let total = 0;
      for (const { table, erased } of await work(query)) {
        if (erased === 0) continue;
        await query(sql.countErased, [tenantId, table, erased]);
        total += erased;
      }
      return total;
    });
  }
}

interface ErasedRows {
  readonly table: string;
  readonly erased: number;
}

function isForeignKeyViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23503';
}
