import { Database, prepared } from '@acci/database';
import type { Position } from '@acci/event-store';

const selectBefore = prepared(`
  select epoch, transaction::text, position::text
    from acci.event_log
   where ($1::text[] is null or type = any ($1::text[])) and ($2::uuid is null or tenant_id = $2::uuid)
   order by epoch desc, transaction desc, position desc
  offset $3::int limit 1`);

interface Row {
  readonly epoch: number;
  readonly transaction: string;
  readonly position: string;
}

/**
 * The place in the log behind which the last so many events stand.
 *
 * @param types as they are stored; all if undefined.
 * @returns undefined if there are no others.
 */
export async function placeBeforeLast(
  database: Database,
  count: number,
  types: readonly string[] | undefined,
  tenantId: string | undefined,
): Promise<Position | undefined> {
  const values = [types ?? null, tenantId ?? null, count];
  const [row] = await database.queryAsSystem<Row & object>('find the last events', selectBefore, values);
  return row && { epoch: row.epoch, transaction: BigInt(row.transaction), position: BigInt(row.position) };
}
