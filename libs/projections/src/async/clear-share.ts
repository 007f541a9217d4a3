import { prepared, type Transaction } from '@acci/database';

/** Whose rows: a bucket's, less those of tenants that have a share of their own, or one tenant's. */
export interface ShareOfRows {
  readonly projection: string;
  readonly build: number;
  readonly share: string;
  /** Undefined for a bucket. */
  readonly tenantId?: string | undefined;
  /** How many buckets there are; for a bucket. */
  readonly buckets?: number;
}

const rowsAtOnce = 50_000;

/**
 * Deletes a share's rows in a projection's tables, in the open system transaction. In portions, so that no statement
 * outlasts its time-out; last table first, since it may reference those before it.
 */
export async function clearShare(
  tx: Transaction,
  tables: readonly string[],
  { projection, build, share, tenantId, buckets = 1 }: ShareOfRows,
): Promise<void> {
  const [where, values] =
    tenantId === undefined
      ? [ofBucket(buckets), [projection, build, share]]
      : ['tenant_id = $1::uuid', [tenantId]];
  for (const table of tables.toReversed()) {
    // In a partitioned table a ctid names a row in each partition: hence the condition twice.
    const statement = prepared(
      `with gone as (
         delete from ${table}
          where ctid = any (array(select ctid from ${table} where ${where} limit ${rowsAtOnce})) and ${where} returning 1
       ) select count(*)::int as gone from gone`,
    );
    for (let gone = 1; gone > 0;) gone = (await tx.query<{ gone: number }>(statement, values))[0]?.gone ?? 0;
  }
}

function ofBucket(buckets: number): string {
  return `acci.share_of(tenant_id, ${buckets}) = $3::text::int
          and tenant_id not in (select of_tenant from acci.projection_shares
                                 where projection = $1 and build = $2::int and of_tenant is not null)`;
}
