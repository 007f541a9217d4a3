import { Database, prepared, type Transaction } from '@acci/database';
import { Injectable } from '@nestjs/common';
import type { CredentialOwner } from '../access/authenticator.js';
import { grantsOfPrincipal, grantsOfUser, type StoredGrant } from '../grant/stored-grants.js';
import type { KeyAddress } from './key-text.js';

/** What a key is good for. */
export interface KeyTerms {
  readonly permissions: readonly string[];
  readonly expiresAt: Date | null;
  /** From where; from anywhere, if there are none. */
  readonly addressRanges: readonly string[];
  readonly owner: CredentialOwner | null;
}

/** What a request is judged by. */
export interface KeySecret extends KeyTerms {
  readonly hash: Buffer;
  /** The hash of the secret before, as long as that one is good. */
  readonly previousHash: Buffer | null;
  readonly previousUntil: Date | null;
  readonly lastUsedAt: Date | null;
  readonly grants: readonly StoredGrant[] | null;
  /** What the owner holds now; null for nobody's key. */
  readonly ownerHolds: {
    readonly permissions: readonly string[];
    readonly grants: readonly StoredGrant[] | null;
  } | null;
}

/** What a key is good for, as long as its owner may act. */
type LockedTerms = KeyTerms & Pick<KeySecret, 'grants'> & { readonly ownerMayAct: boolean };

const terms = `s.permissions, s.expires_at as "expiresAt", s.address_ranges as "addressRanges",
         case when s.owner_id is not null then json_build_object('type', s.owner_type, 'id', s.owner_id) end as owner,
         ${grantsOfPrincipal('api_key', 's.tenant_id', 's.key_id')} as grants`;
const ownerHolds = `
         case s.owner_type
           when 'user' then
             json_build_object('permissions', '[]'::json, 'grants', ${grantsOfUser('s.tenant_id', 's.owner_id')})
           when 'service_account' then (
             select json_build_object('permissions', to_json(a.permissions),
                                      'grants', ${grantsOfPrincipal('service_account', 's.tenant_id', 's.owner_id')})
               from acci.service_accounts a
              where a.tenant_id = s.tenant_id and a.id = s.owner_id)
         end as "ownerHolds"`;
// Whoever is kept out is kept out with their keys, from the moment on that they are.
const ownerMayAct = `
         case s.owner_type
           when 'user' then exists (
             select from acci.users u
              where u.tenant_id = s.tenant_id and u.id = s.owner_id and u.status = 'active' and u.locked_at is null)
           when 'service_account' then exists (
             select from acci.service_accounts a
              where a.tenant_id = s.tenant_id and a.id = s.owner_id and a.disabled_at is null)
           else true
         end`;
const select = prepared(`
  select s.secret_hash as hash, s.previous_hash as "previousHash", s.previous_until as "previousUntil",
         s.last_used_at as "lastUsedAt", ${terms}, ${ownerHolds}
    from acci.api_key_secrets s
   where s.tenant_id = $1 and s.key_id = $2 and s.secret_hash is not null and ${ownerMayAct}`);
const insert = prepared(`
  insert into acci.api_key_secrets
         (tenant_id, key_id, secret_hash, permissions, expires_at, address_ranges, owner_type, owner_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`);
const update = prepared(`
  update acci.api_key_secrets set secret_hash = $3, previous_hash = null, previous_until = null
   where tenant_id = $1 and key_id = $2`);
const rotate = prepared(`
  update acci.api_key_secrets set previous_hash = secret_hash, previous_until = $4, secret_hash = $3
   where tenant_id = $1 and key_id = $2`);
const bind = prepared(`
  update acci.api_key_secrets set address_ranges = $3 where tenant_id = $1 and key_id = $2`);
const lock = prepared(`
  select secret_hash as hash from acci.api_key_secrets where tenant_id = $1 and key_id = $2 for update`);
const lockTerms = prepared(`
  select ${terms}, ${ownerMayAct} as "ownerMayAct"
    from acci.api_key_secrets s where s.tenant_id = $1 and s.key_id = $2 for update of s`);
// A key that dies with somebody is no way in that is sure to stay.
const operators = prepared(`
  select key_id as id,
         secret_hash is not null and (expires_at is null or expires_at > $2) and owner_id is null as valid
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

  /** The secret of a key that was not revoked, and whose owner may act; one round trip. */
  async find({ tenantId, keyId }: KeyAddress): Promise<KeySecret | undefined> {
    const [row] = await this.database.readInTenant<KeySecret>(tenantId, select, [tenantId, keyId]);
    return row;
  }

  /** Adds the secret of a new key. */
  add(tx: Transaction, { tenantId, keyId }: KeyAddress, hash: Buffer, key: KeyTerms): void {
    const { permissions, expiresAt, addressRanges, owner } = key;
    const values = [permissions, expiresAt, addressRanges, owner?.type ?? null, owner?.id ?? null];
    tx.execute(insert, [tenantId, keyId, hash, ...values]);
  }

  /** Lets the key be used with another secret only, or, with null, never again. */
  replace(tx: Transaction, { tenantId, keyId }: KeyAddress, hash: Buffer | null): void {
    tx.execute(update, [tenantId, keyId, hash]);
  }

  /** Lets the key be used with another secret, and with the one before for a while. */
  rotate(tx: Transaction, { tenantId, keyId }: KeyAddress, hash: Buffer, previousUntil: Date): void {
    tx.execute(rotate, [tenantId, keyId, hash, previousUntil]);
  }

  /** Lets the key be used from these networks only; from anywhere, if there are none. */
  bind(tx: Transaction, { tenantId, keyId }: KeyAddress, addressRanges: readonly string[]): void {
    tx.execute(bind, [tenantId, keyId, addressRanges]);
  }

  /** The hash of a key, which nobody else changes until the transaction ends; undefined if there is no such key. */
  async lock(tx: Transaction, { tenantId, keyId }: KeyAddress): Promise<Buffer | null | undefined> {
    const [row] = await tx.query<{ hash: Buffer | null }>(lock, [tenantId, keyId]);
    return row?.hash;
  }

  /** As {@link lock}, and what the key is good for. */
  async lockTerms(tx: Transaction, { tenantId, keyId }: KeyAddress): Promise<LockedTerms | undefined> {
    const [row] = await tx.query<LockedTerms>(lockTerms, [tenantId, keyId]);
    return row;
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
