import type { DataSource } from 'typeorm';
import { ownerDataSource, type OwnerQuery } from './migrate.js';

/**
 * The owner's hands for what no runtime role may do: removing a purged tenant's rows, making the tables of read models.
 * The owner is held to one tenant by the same policies as everybody else. Connects when first used.
 */
export class OwnerDatabase {
  private source: Promise<DataSource> | undefined;

  constructor(private readonly ownerUrl: string) {}

  /** Runs work as `acci_owner` on one tenant's rows, in one transaction, however long it takes. */
  async inTenant<T>(tenantId: string, work: (query: OwnerQuery) => Promise<T>): Promise<T> {
    return this.transaction(async (query) => {
      await query(`select set_config('acci.tenant_id', $1, true)`, [tenantId]);
      return work(query);
    });
  }

  /** Runs work as `acci_owner` in one transaction: to change structure. It has no tenant and sees no tenant's row. */
  async transaction<T>(work: (query: OwnerQuery) => Promise<T>): Promise<T> {
    this.source ??= ownerDataSource(this.ownerUrl, []).initialize();
    const source = await this.source.catch((error: unknown) => {
      this.source = undefined;
      throw error;
    });
    return source.transaction((manager) => work((sql, values) => manager.query(sql, values)));
  }

  async close(): Promise<void> {
    const source = await this.source?.catch(() => undefined);
    this.source = undefined;
    await source?.destroy();
  }
}
