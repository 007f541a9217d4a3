import { prepared, type PreparedStatement } from '@acci/database';
import type { Position } from '../position.js';
import { sizedPage } from '../store/sized-page.js';
import { behind, recordedColumns, settled } from '../store/statements.js';
import type { ReadEventsQuery } from './events.schemas.js';

/** Which events of a tenant are wanted. */
export type FeedFilter = Pick<
  ReadEventsQuery,
  'streamType' | 'streamId' | 'correlationId' | 'causationId' | 'from' | 'to'
> & { readonly types?: readonly string[] | undefined };

/** A statement for a page of a tenant's log, and who must ask. */
export interface FeedStatement {
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Only the system finds events by what caused them; the statement holds it to the tenant. */
  readonly asSystem: boolean;
}

/**
 * A page of a tenant's log. Not prepared: only a plan made for these values can choose between the order of the log,
 * good for a tenant with a large share of it, and the tenant's own streams, good for a small one. At worst it looks
 * at about the square root of (page × log) rows.
 *
 * What one request caused is found first, by its own index, and then put in order. Under row-level security PostgreSQL
 * would not use that index, since `->>` might tell of rows that are not for the reader.
 */
export function feedStatement(
  tenantId: string,
  after: Position | undefined,
  filter: FeedFilter,
  limit: number,
): FeedStatement {
  const { epoch, transaction, position } = after ?? { epoch: 0, transaction: 0n, position: 0n };
  const values: unknown[] = [tenantId, epoch, transaction, position, limit];
  const conditions = (wanted: Record<string, unknown>): string =>
    Object.entries(wanted)
      .filter(([, value]) => value !== undefined)
      .map(([condition, value]) => ` and ${condition.replace('?', `$${values.push(value)}`)}`)
      .join('');
  const caused = conditions({
    [`metadata ->> 'correlationId' = ?::text`]: filter.correlationId,
    [`metadata ->> 'causationId' = ?::text`]: filter.causationId,
  });
  const others = conditions({
    'type = any (?::text[])': filter.types,
    'stream_type = ?::text': filter.streamType,
    'stream_id = ?::text': filter.streamId,
    'recorded_at >= ?::timestamptz': filter.from,
    'recorded_at < ?::timestamptz': filter.to,
  });
  const asSystem = caused !== '';
  const order = 'epoch, transaction, position';
  const page = `
    ${asSystem ? `with caused as materialized (select * from acci.event_log where tenant_id = $1::uuid${caused})` : ''}
    select ${recordedColumns}
      from ${asSystem ? 'caused' : 'acci.event_log'}
     where tenant_id = $1::uuid and ${behind('$2', '$3', '$4')}
       and ${settled}${others}
     order by ${order}
     limit $5::int`;
  return { sql: sizedPage(page, order), values, asSystem };
}

const pageOfStream = (after: string, order: string): PreparedStatement => {
  const page = `
    select ${recordedColumns}
      from acci.event_log
     where tenant_id = $1::uuid and stream_id = $3::text and stream_type = $2::text
       and ($4::int is null or version ${after} $4::int)
     order by ${order}
     limit $5::int`;
  return prepared(sizedPage(page, order));
};
const streamPages = { forwards: pageOfStream('>', 'version'), backwards: pageOfStream('<', 'version desc') };

/** A page of a stream, after a version in the direction given. */
export function streamStatement(direction: 'forwards' | 'backwards'): PreparedStatement {
  return streamPages[direction];
}
