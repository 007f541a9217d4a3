import { randomUUID } from 'node:crypto';
import { Database, prepared } from '@acci/database';
import type { IdempotencyBegin, IdempotencyStore, StoredResponse } from '@acci/rest';
import { Injectable } from '@nestjs/common';

// A lease that ran out leaves its fingerprint: the key may be taken over, but not for something else.
const take = prepared(`
  insert into acci.idempotency_keys as held (tenant_id, key, fingerprint, token, expires_at)
  values ($1::uuid, $2, $3, $4::uuid, now() + $5::int * interval '1 millisecond')
  on conflict (tenant_id, key) do update
     set fingerprint = excluded.fingerprint, token = excluded.token, expires_at = excluded.expires_at,
         status = null, headers = null, body = null
   where held.expires_at <= now() and (held.status is not null or held.fingerprint = excluded.fingerprint)
  returning token`);

const look = prepared(`
  select fingerprint, status, headers, body from acci.idempotency_keys where tenant_id = $1::uuid and key = $2`);

const keepAnswer = prepared(`
  update acci.idempotency_keys
     set status = $4::int, headers = $5::json, body = $6, expires_at = now() + interval '24 hours'
   where tenant_id = $1::uuid and key = $2 and token = $3::uuid and status is null`);

const free = prepared(`
  delete from acci.idempotency_keys where tenant_id = $1::uuid and key = $2 and token = $3::uuid and status is null`);

// A key without an answer stays for as long as one with an answer would: its fingerprint still refuses other use.
const clear = prepared(`
  with gone as (
    delete from acci.idempotency_keys
     where ctid = any (array(
       select ctid from acci.idempotency_keys
        where expires_at <= now() - case when status is null then interval '24 hours' else interval '0' end
        limit 10000))
    returning 1)
  select count(*)::int as gone from gone`);

interface HeldKey {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

/**
 * Remembers answers in the database, for all processes: the store that a production app wants. Answers are kept
 * for 24 hours.
 *
 * @example
 * @Global()
 * @Module({
 *   providers: [PostgresIdempotencyStore, { provide: IDEMPOTENCY_STORE, useExisting: PostgresIdempotencyStore }],
 *   exports: [IDEMPOTENCY_STORE],
 * })
 * class IdempotencyModule {}
 */
@Injectable()
export class PostgresIdempotencyStore implements IdempotencyStore {
  constructor(private readonly database: Database) {}

  async begin(
    tenantId: string,
    key: string,
    fingerprint: string,
    leaseMs: number,
  ): Promise<IdempotencyBegin> {
    const token = randomUUID();
    // Two statements, one round trip. The second one sees who has the key if the first one did not get it.
    const { taken, found } = await this.database.inTenant(tenantId, (tx) => ({
      taken: tx.execute(take, [tenantId, key, fingerprint, token, leaseMs]),
      found: tx.execute<HeldKey>(look, [tenantId, key]),
    }));
    if (taken.rows.length > 0) return { state: 'new', token };
    const [held] = found.rows;
    // None: it was freed in the very moment between the two.
    if (held && held.fingerprint !== fingerprint) return { state: 'mismatch' };
    if (!held || held.status === null) return { state: 'in_flight', retryAfter: 1 };
    return { state: 'done', response: { status: held.status, headers: held.headers, body: held.body } };
  }

  async complete(tenantId: string, key: string, token: string, response: StoredResponse): Promise<void> {
    const { status, headers, body } = response;
    const values = [tenantId, key, token, status, JSON.stringify(headers), body];
    await this.database.queryInTenant(tenantId, keepAnswer, values);
  }

  async release(tenantId: string, key: string, token: string): Promise<void> {
    await this.database.queryInTenant(tenantId, free, [tenantId, key, token]);
  }

  /** Forgets what has expired, of every tenant. Run it now and then; `TenancyModule`'s worker does. */
  async clearExpired(): Promise<void> {
    for (let gone = 1; gone > 0;) {
      const rows = await this.database.queryAsSystem<{ gone: number }>(
        'clear expired idempotency keys',
        clear,
      );
      gone = rows[0]?.gone ?? 0;
    }
  }
}
