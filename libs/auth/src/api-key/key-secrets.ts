import { Database, prepared, type Transaction } from '@acci/database';
import { Injectable } from '@nestjs/common';
import type { KeyAddress } from './key-text.js';

/** What a request is judged by. */
export interface KeySecret {
  readonly hash: Buffer;
  readonly permissions: readonly string[];
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

const select = prepared(`
  select secret_hash as hash, permissions, expires_at as "expiresAt", last_used_at as "lastUsedAt"
    from acci.api_key_secrets
   where tenant_id = $1 and key_id = $2 and secret_hash is not null`);
const insert = prepared(`
  insert into acci.api_key_secrets (tenant_id, key_id, secret_hash, permissions, expires_at)
  values ($1, $2, $3, $4, $5)`);
const update = prepared(
  'update acci.api_key_secrets set secret_hash = $3 where tenant_id = $1 and key_id = $2',
);
const lock = prepared(`
  select secret_hash as hash from acci.api_key_secrets where tenant_id = $1 and key_id = $2 for update`);
const operators = prepared(`
  select key_id as id, secret_hash is not null and (expires_at is null or expires_at > $2) as valid
    from acci.api_key_secrets
   where tenant_id = $1 and '*' = any(permissions)
   order by key_id
     for update`);
// Other processes may have noted a use as well: the row changes once a minute all the same.
const touch = prepared(`
  update acci.api_key_secrets set last_used_at = $3
   where tenant_id = $1 and key_id = any($2) and (last_used_at is null or last_used_at < $4)`);

/** The secrets of keys, as hashes: the one place that reads and writes them. Never part of an event or an answer. */
@Injectable()
export class KeySecrets {
  constructor(private readonly database: Database) {}

  /** The secret of a key that was not revoked; one round trip. */
  async find({ tenantId, keyId }: KeyAddress): Promise<KeySecret | undefined> {
    const [row] = await this.database.readInTenant<KeySecret>(tenantId, select, [tenantId, keyId]);
    return row;
  }

  /** Adds the secret of a new key. */
  add(tx: Transaction, { tenantId, keyId }: KeyAddress, secret: Omit<KeySecret, 'lastUsedAt'>): void {
    tx.execute(insert, [tenantId, keyId, secret.hash, secret.permissions, secret.expiresAt]);
  }

  /** Lets the key be used with another secret, or, with null, never again. */
  replace(tx: Transaction, { tenantId, keyId }: KeyAddress, hash: Buffer | null): void {
    tx.execute(update, [tenantId, keyId, hash]);
  }

  /** The hash of a key, which nobody else changes until the transaction ends; undefined if there is no such key. */
  async lock(tx: Transaction, { tenantId, keyId }: KeyAddress): Promise<Buffer | null | undefined> {
    const [row] = await tx.query<{ hash: Buffer | null }>(lock, [tenantId, keyId]);
    return row?.hash;
  }

  /** Every key of the tenant that may do everything, whether it can still be used, locked until the transaction ends. */
  lockOperators(tx: Transaction, tenantId: string, now: Date): Promise<{ id: string; valid: boolean }[]> {
    return tx.query(operators, [tenantId, now]);
  }

  /** Notes that keys were used, unless that was noted after `since` already. */
  async touch(tenantId: string, keyIds: readonly string[], usedAt: Date, since: Date): Promise<void> {
    await this.database.queryInTenant(tenantId, touch, [tenantId, keyIds, usedAt, since]);
  }
}
