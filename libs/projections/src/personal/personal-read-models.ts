import { prepared, type Database, type Transaction } from '@acci/database';
import {
  comparePositions,
  type ForgetReceipt,
  type PersonalDataHolder,
  type Subject,
} from '@acci/event-store';
import { lockRebuildsOut } from '../inline/inline-projections.js';
import type { ProjectionRegistry } from '../projection-registry.js';
import { checkpointOf, type ProjectionRow } from '../projection-state.js';

const selectCheckpoints = prepared(
  `select * from acci.projections where lifecycle = 'async' and name = any ($1::text[]) order by name`,
);

/**
 * The read models as keepers of copies of personal data. What is there is replaced at once, in projections that are
 * paused or have halted as well; what is still under way meets the event in the log.
 */
export class PersonalReadModels implements PersonalDataHolder {
  constructor(
    private readonly database: Database,
    private readonly registry: ProjectionRegistry,
  ) {}

  async forget({ tenantId, subject }: Subject, tx: Transaction): Promise<Record<string, number>> {
    const rows: Record<string, number> = {};
    for (const { name, lifecycle, personalTables } of this.registry.list()) {
      // A rebuild under way may have read what it has not written yet.
      if (lifecycle === 'inline' && personalTables.length > 0) tx.execute(lockRebuildsOut, [name]);
      for (const table of personalTables)
        rows[table.table] = (rows[table.table] ?? 0) + (await table.replace(tenantId, subject, tx));
    }
    return rows;
  }

  async remains({ tenantId, subject, position }: ForgetReceipt): Promise<string[]> {
    const holders = this.registry.list().filter(({ personalTables }) => personalTables.length > 0);
    const problems: string[] = [];
    await this.database.inTenant(tenantId, async (tx) => {
      for (const table of holders.flatMap(({ personalTables }) => personalTables)) {
        const rows = await table.count(tenantId, subject, tx);
        if (rows > 0) problems.push(`${table.table} has ${rows} rows that are not replaced`);
      }
    });
    const rows = await this.database.queryAsSystem<ProjectionRow>('verify a forgetting', selectCheckpoints, [
      holders.map(({ name }) => name),
    ]);
    for (const row of rows) {
      const checkpoint = checkpointOf(row);
      if (!checkpoint || comparePositions(checkpoint, position) < 0)
        problems.push(`${row.name} has not come to the forgetting yet`);
    }
    return problems;
  }
}
