import { prepared, type Database, type Transaction } from '@acci/database';
import {
  comparePositions,
  type ForgetReceipt,
  type PersonalDataHolder,
  type Subject,
} from '@acci/event-store';
import { lockRebuildsOut } from '../inline/inline-projections.js';
import type { ProjectionRegistry } from '../projection-registry.js';
import { shadowsOf } from './shadow-reach.js';
import { checkpointOf, type ShareRow } from '../projection-state.js';

const selectCheckpoints = prepared(
  `select distinct on (projection, build) s.* from acci.projection_shares as s
     join acci.projection_builds as b using (projection, build)
    where projection = any ($1::text[]) and b.status in ('filling', 'serving')
      and s.share in (acci.share_of($2::uuid, b.shares)::text, $2::uuid::text)
    order by projection, build, s.of_tenant nulls last`,
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
    for (const { name, personalTables } of this.registry.list()) {
      if (personalTables.length === 0) continue;
      // A build that is put in place meanwhile may have read what it has not written yet.
      tx.execute(lockRebuildsOut, [name]);
      const shadows = await shadowsOf(name, tx);
      for (const table of personalTables) {
        rows[table.table] = (rows[table.table] ?? 0) + (await table.replace(tenantId, subject, tx));
        for (const shadow of shadows) await table.replace(tenantId, subject, shadow);
      }
    }
    return rows;
  }

  async remains({ tenantId, subject, position }: ForgetReceipt): Promise<string[]> {
    const holders = this.registry.list().filter(({ personalTables }) => personalTables.length > 0);
    const problems: string[] = [];
    await this.database.inTenant(tenantId, async (tx) => {
      for (const { name, personalTables } of holders) {
        tx.execute(lockRebuildsOut, [name]);
        const places = [tx, ...(await shadowsOf(name, tx))];
        for (const table of personalTables) {
          let rows = 0;
          for (const place of places) rows += await table.count(tenantId, subject, place);
          if (rows > 0) problems.push(`${table.table} has ${rows} rows that are not replaced`);
        }
      }
    });
    const rows = await this.database.queryAsSystem<ShareRow>('verify a forgetting', selectCheckpoints, [
      holders.map(({ name }) => name),
      tenantId,
    ]);
    const behind = rows.filter((row) => {
      const checkpoint = checkpointOf(row);
      return row.status !== 'off' && (!checkpoint || comparePositions(checkpoint, position) < 0);
    });
    for (const name of new Set(behind.map(({ projection }) => projection)))
      problems.push(`${name} has not come to the forgetting yet`);
    return problems;
  }
}
