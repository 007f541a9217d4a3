import type { TestDatabase } from '@acci/database/testing';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';

/** Leaves a tenant's dead letter, the platform's by default, as a subscription of nobody would, and gives its id. */
export async function aDeadLetter(db: TestDatabase, tenantId: string = PLATFORM_TENANT_ID): Promise<string> {
  const [row] = await db.admin<{ id: string }>(
    `with lane as (
       insert into acci.reaction_lanes (tenant_id, reaction, lane, dead) values ($1, 'test.nobody', uuidv7()::text, true)
       returning *),
     delivery as (
       insert into acci.reaction_deliveries (tenant_id, reaction, lane, kind, name)
       select tenant_id, reaction, lane, 'timer', 'test' from lane returning *)
     insert into acci.dead_letters (tenant_id, id, reaction, lane, number, kind, name, attempts, error)
     select tenant_id, id, reaction, lane, number, kind, name, 8, 'Error: test' from delivery returning id`,
    [tenantId],
  );
  if (!row) throw new Error('No dead letter was made');
  return row.id;
}
