import { Database, prepared, type Transaction } from '@acci/database';
import { Injectable } from '@nestjs/common';
import type { JWK } from 'jose';
import { grantsOfPrincipal, type StoredGrant } from '../../grant/stored-grants.js';
import { hashSecret, SecretText } from '../../secret-text/secret-text.js';
import { isoTime } from '../../user/users/user-columns.js';
import type { ClientAddress } from '../client-id.js';
import type { ServiceAccountCredentialResponse } from './credential.schemas.js';

/** The texts of client secrets. */
export const clientSecrets = new SecretText('acciss');

/** What a service account may do now. */
export interface StoredAccount {
  readonly permissions: readonly string[];
  readonly grants: readonly StoredGrant[] | null;
}

/** A client secret, or a public key, that an account that is served may log in with now. */
export interface ClientSecret extends StoredAccount {
  readonly hash: Buffer;
}
export interface ClientKey extends StoredAccount {
  readonly id: string;
  readonly keyId: string;
  readonly publicKey: JWK;
}

/** A credential to be kept. */
export interface CredentialRow {
  readonly id: string;
  readonly name: string;
  readonly expiresAt: Date | null;
  readonly secretHash?: Buffer;
  readonly publicKey?: { readonly keyId: string; readonly jwk: JWK };
}

/** Of an `account`, as the statement calls it. */
export const accountColumns = `account.permissions, ${grantsOfPrincipal('service_account', 'account.tenant_id', 'account.id')} as grants`;

// Whoever adds or revokes credentials of one account takes turns, so that none of them fails.
const takeTurns = prepared(
  `select pg_advisory_xact_lock(hashtextextended('acci.auth.service_account ' || $1, 0))::text`,
);
const selectGrants = prepared(
  `select ${grantsOfPrincipal('service_account', '$1::uuid', '$2::uuid')} as grants`,
);
const insert = prepared(`
  insert into acci.service_account_credentials
         (tenant_id, account_id, id, name, expires_at, secret_hash, public_key, key_id)
  values ($1::uuid, $2::uuid, $3::uuid, $4, $5, $6, $7::jsonb, $8)
  on conflict do nothing
  returning id`);
const remove = prepared(`
  delete from acci.service_account_credentials
   where tenant_id = $1::uuid and account_id = $2::uuid and ($3::uuid is null or id = $3)`);
const list = prepared(`
  select id, case when secret_hash is null then 'public_key' else 'client_secret' end as kind, name,
         key_id as "keyId", ${isoTime('expires_at')} as "expiresAt", ${isoTime('created_at')} as "createdAt",
         ${isoTime('last_used_at')} as "lastUsedAt"
    from acci.service_account_credentials
   where tenant_id = $1::uuid and account_id = $2::uuid
   order by id`);
const valid = `
    from acci.service_account_credentials c
    join acci.service_accounts account on account.tenant_id = c.tenant_id and account.id = c.account_id
   where c.tenant_id = $1::uuid and c.account_id = $2::uuid and account.disabled_at is null
     and (c.expires_at is null or c.expires_at > now())`;
const selectSecret = prepared(`
  select c.secret_hash as hash, ${accountColumns} ${valid} and c.id = $3::uuid and c.secret_hash is not null`);
const selectKeys = prepared(`
  select c.id, c.key_id as "keyId", c.public_key as "publicKey", ${accountColumns}
    ${valid} and c.public_key is not null and ($3::text is null or c.key_id = $3)
   order by c.id`);

/** What service accounts log in with: the one place that reads and writes it. No secret leaves it. */
@Injectable()
export class CredentialTable {
  constructor(private readonly database: Database) {}

  takeTurns(tx: Transaction, accountId: string): void {
    tx.execute(takeTurns, [accountId]);
  }

  /** The roles that an account has. */
  async grantsOf(tx: Transaction, { tenantId, accountId }: ClientAddress): Promise<StoredAccount['grants']> {
    const [row] = await tx.query<Pick<StoredAccount, 'grants'>>(selectGrants, [tenantId, accountId]);
    return row?.grants ?? null;
  }

  /** False if the account has a public key with this key id already. */
  async add(tx: Transaction, { tenantId, accountId }: ClientAddress, row: CredentialRow): Promise<boolean> {
    const { id, name, expiresAt, secretHash = null, publicKey } = row;
    const key = [publicKey ? JSON.stringify(publicKey.jwk) : null, publicKey?.keyId ?? null];
    const values = [tenantId, accountId, id, name, expiresAt, secretHash, ...key];
    return (await tx.query(insert, values)).length > 0;
  }

  /** Removes one, or, without an id, all. */
  remove(tx: Transaction, { tenantId, accountId }: ClientAddress, id: string | null = null): void {
    tx.execute(remove, [tenantId, accountId, id]);
  }

  list({ tenantId, accountId }: ClientAddress): Promise<ServiceAccountCredentialResponse[]> {
    return this.database.readInTenant<ServiceAccountCredentialResponse>(tenantId, list, [
      tenantId,
      accountId,
    ]);
  }

  async findSecret({ tenantId, accountId }: ClientAddress, id: string): Promise<ClientSecret | undefined> {
    const values = [tenantId, accountId, id];
    const [row] = await this.database.readInTenant<ClientSecret>(tenantId, selectSecret, values);
    return row;
  }

  /** @param keyId undefined for every key of the account. */
  findKeys({ tenantId, accountId }: ClientAddress, keyId: string | undefined): Promise<ClientKey[]> {
    const values = [tenantId, accountId, keyId ?? null];
    return this.database.readInTenant<ClientKey>(tenantId, selectKeys, values);
  }
}

/** A new secret of an account: its text, which is shown once, and what is kept of it. */
export function newClientSecret(
  tenantId: string,
  id: string,
): { readonly text: string; readonly hash: Buffer } {
  const text = clientSecrets.make({ tenantId, id });
  return { text, hash: hashSecret(text) };
}
