import { prepared, type Database, type PreparedStatement } from '@acci/database';
import type { RecordedEvent } from '../event/recorded-event.js';
import { isStorableText } from '../event/storable-text.js';
import type { Position } from '../position.js';
import type { EventDecoder } from '../store/decoding.js';
import { toPosition, type RecordedRow } from '../store/rows.js';
import { recordedColumns } from '../store/statements.js';
import { valuesOf } from '../tag/condition.js';

/** What to look for: the events of one outside request, of one cause, or of one command. */
export type Cause =
  { readonly correlationId: string } | { readonly causationId: string } | { readonly commandId: string };

/** Which part of what was found {@link EventStore.caused} returns. */
export interface CausedOptions {
  /** Only events after this. */
  readonly after?: Position | undefined;
  /** How many events to return; there are fewer only if there are no more. Default 1,000. */
  readonly limit?: number;
}

// Materialized: the order of the log would lead the planner to read the log, where an index finds the few that match.
const whereCause = (id: string): PreparedStatement =>
  prepared(`
  with caused as materialized (
    select ${recordedColumns} from acci.event_log
     where tenant_id = $1::uuid and metadata ->> '${id}' = $2::text)
  select * from caused
   where (epoch, transaction, position) > ($3::int, $4::xid8, $5::bigint)
   order by epoch, transaction, position
   limit $6::int`);

const statements = {
  correlationId: whereCause('correlationId'),
  causationId: whereCause('causationId'),
  commandId: whereCause('commandId'),
};

/**
 * Finds a tenant's events by what caused them. As `acci_system`, held to the tenant by the statement: under row-level
 * security PostgreSQL would not use the index, since `->>` might tell of rows that are not for the reader.
 */
export async function causedEvents(
  database: Database,
  decoder: EventDecoder,
  tenantId: string,
  cause: Cause,
  { after, limit = 1_000 }: CausedOptions,
): Promise<RecordedEvent[]> {
  const { statement, id } = looking(cause);
  if (!isStorableText(id)) return [];
  return decoder.read(limit, (last) => {
    const values = [tenantId, id, ...valuesOf(last ? toPosition(last) : after), limit];
    return database.queryAsSystem<RecordedRow & Record<string, unknown>>(
      'find what a request caused',
      statement,
      values,
    );
  });
}

function looking(cause: Cause): { readonly statement: PreparedStatement; readonly id: string } {
  if ('correlationId' in cause) return { statement: statements.correlationId, id: cause.correlationId };
  if ('causationId' in cause) return { statement: statements.causationId, id: cause.causationId };
  return { statement: statements.commandId, id: cause.commandId };
}
