import type { Database } from '@acci/database';
import type { DomainEvent } from '../event/event-definition.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import type { EventDecoder } from '../store/decoding.js';
import { toPosition, type RecordedRow } from '../store/rows.js';
import { valuesOf } from './condition.js';
import {
  criteriaOf,
  wantedJson,
  type EventCriteria,
  type EventQuery,
  type QueryOptions,
  type QueryPosition,
  type QueryResult,
} from './event-query.js';
import { selectTagged, selectUntagged } from './tag-statements.js';

interface FoundRow extends RecordedRow {
  readonly snapshot: string;
  readonly snapshot_epoch: number;
}

/** Reads the events of a tenant that fit a query, under its row-level security. */
export async function queryEvents<E extends DomainEvent>(
  { database, registry, decoder }: { database: Database; registry: EventRegistry; decoder: EventDecoder },
  tenantId: string,
  query: EventQuery,
  { after, limit = 1_000 }: QueryOptions,
): Promise<QueryResult<E>> {
  const criteria = criteriaOf(query);
  const statement = criteria.every(({ tags }) => tags?.length) ? selectTagged : selectUntagged;
  const wanted = wantedJson(criteria, (types) => registry.sourcesOf(types));
  let read: QueryPosition | undefined = after;
  const events = await decoder.read(
    limit,
    async () => {
      const values = [tenantId, wanted, ...valuesOf(read), limit];
      const rows = await database.queryInTenant<FoundRow & Record<string, unknown>>(
        tenantId,
        statement,
        values,
      );
      const row = rows.at(-1);
      // What the first reading saw counts: whatever came later before the place where that one ended is not known.
      const seen = read?.seen ?? (row && { epoch: row.snapshot_epoch, snapshot: row.snapshot });
      if (row) read = { ...toPosition(row), ...(seen && { seen }) };
      return rows;
    },
    typesOf(criteria),
  );
  const last = events.at(-1);
  // A full page ends where its last event stands, whatever was read behind it.
  const position = last && events.length >= limit ? { ...read, ...last.position } : read;
  return { events: events as RecordedEvent<E>[], position };
}

/** The types that are wanted at all; undefined if some criteria want any. */
function typesOf(criteria: readonly EventCriteria[]): readonly string[] | undefined {
  if (criteria.some(({ types }) => !types)) return undefined;
  return criteria.flatMap(({ types = [] }) => types);
}
