import { prepared, type Transaction } from '@acci/database';
import type { Claim } from '../event/claim.js';
import type { PreparedAppend } from './prepare-append.js';

/** Fails if the last event of the stream stands in the log behind what this transaction will append. */
const keepStreamOrder = prepared('select acci.keep_stream_order($1, $2, $3)');

/** Gives back values of several streams. */
const releaseClaims = prepared(`
  delete from acci.unique_claims as held
   using unnest($2::text[], $3::text[], $4::text[]) as released (scope, value, stream_id)
   where held.tenant_id = $1::uuid and held.stream_id = released.stream_id
     and held.scope = released.scope and held.value = released.value`);

/** Claims values for several streams. What a stream holds already stays; what another one holds raises TAKEN. */
const takeClaims = prepared(`
  insert into acci.unique_claims as held (tenant_id, scope, value, stream_id)
  select $1::uuid, claim.scope, claim.value, claim.stream_id
    from unnest($2::text[], $3::text[], $4::text[]) as claim (scope, value, stream_id)
  on conflict (tenant_id, scope, value) do update
     set stream_id = case when held.stream_id = excluded.stream_id then held.stream_id
                          else acci.claim_taken((select claim.number
                                                   from unnest($2::text[], $3::text[])
                                                        with ordinality as claim (scope, value, number)
                                                  where claim.scope = excluded.scope
                                                    and claim.value = excluded.value)) end`);

/** A unique value, and the stream that takes it or gives it back. */
export interface StreamClaim extends Claim {
  readonly streamId: string;
}

/**
 * Queues the check that keeps the order of streams, for appends that join a transaction. One of its own needs none: it
 * has no id yet when the version that it expects is there already.
 */
export function queueOrder(tx: Transaction, appends: readonly PreparedAppend[]): void {
  for (const { tenantId, streamId, expectedVersion } of appends) {
    if (expectedVersion > 0) tx.execute(keepStreamOrder, [tenantId, streamId, expectedVersion]);
  }
}

/** Queues what appends do to unique values. Of two that want the same, the later one is told the number of its claim. */
export function queueClaims(
  tx: Transaction,
  tenantId: string,
  { taken, released }: { readonly taken: readonly StreamClaim[]; readonly released: readonly StreamClaim[] },
): void {
  for (const [statement, changed] of [
    [releaseClaims, released],
    [takeClaims, taken],
  ] as const) {
    if (changed.length === 0) continue;
    tx.execute(statement, [
      tenantId,
      changed.map(({ scope }) => scope),
      changed.map(({ value }) => value),
      changed.map(({ streamId }) => streamId),
    ]);
  }
}

/** What appends do to unique values, one after the other. */
export function claimsOf(appends: readonly PreparedAppend[], which: 'taken' | 'released'): StreamClaim[] {
  return appends.flatMap(({ streamId, claims }) => claims[which].map((claim) => ({ ...claim, streamId })));
}
