import { Database, prepared, type Transaction, uuidv7 } from '@acci/database';
import { Injectable } from '@nestjs/common';
import { hashSecret, SecretText } from '../secret-text/secret-text.js';
import { accountColumns, type StoredAccount } from '../service-account/credentials/credential-table.js';
import type { ClientAddress } from '../service-account/client-id.js';

/** How long an access token is good, in seconds. */
export const accessTokenSeconds = 900;

const texts = new SecretText('acciat');

/** An access token as it is stored, and what its account may do now. */
export interface StoredToken extends StoredAccount {
  readonly hash: Buffer;
  readonly accountId: string;
  readonly scope: readonly string[];
  readonly expiresAt: Date;
}

/** For what an access token is made. */
export interface TokenGrant extends ClientAddress {
  /** With what the account logged in: the token dies with it. */
  readonly credentialId: string;
  readonly scope: readonly string[];
}

// The lock makes whoever disables the account wait, and find the token.
const insert = prepared(`
  with served as (
    select from acci.service_accounts
     where tenant_id = $1::uuid and id = $3::uuid and disabled_at is null
       for share)
  insert into acci.service_account_tokens (tenant_id, id, account_id, credential_id, token_hash, scope, expires_at)
  select $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5, $6::text[], now() + interval '${accessTokenSeconds} s' from served
  returning id`);
// Those that somebody is just removing are left to them.
const purge = prepared(`
  delete from acci.service_account_tokens
   where tenant_id = $1::uuid
     and id in (select id from acci.service_account_tokens
                 where tenant_id = $1::uuid and expires_at < now() limit 1000 for update skip locked)`);
const remove = prepared(`
  delete from acci.service_account_tokens
   where tenant_id = $1::uuid and id = $2::uuid and account_id = $3::uuid and token_hash = $4`);
const removeAll = prepared(`
  delete from acci.service_account_tokens where tenant_id = $1::uuid and account_id = $2::uuid`);
const touch = prepared(`
  update acci.service_account_credentials set last_used_at = now()
   where tenant_id = $1::uuid and account_id = $2::uuid and id = $3::uuid
     and (last_used_at is null or last_used_at < now() - interval '1 min')`);
// A token is good as long as the account is served, and has what it logged in with.
const select = prepared(`
  select t.token_hash as hash, t.account_id as "accountId", t.scope, t.expires_at as "expiresAt", ${accountColumns}
    from acci.service_account_tokens t
    join acci.service_accounts account on account.tenant_id = t.tenant_id and account.id = t.account_id
   where t.tenant_id = $1::uuid and t.id = $2::uuid and t.expires_at > now()
     and account.disabled_at is null
     and exists (
       select from acci.service_account_credentials c
        where c.tenant_id = t.tenant_id and c.account_id = t.account_id and c.id = t.credential_id
          and (c.expires_at is null or c.expires_at > now()))`);

/** Access tokens of service accounts, as hashes. */
@Injectable()
export class AccessTokens {
  constructor(private readonly database: Database) {}

  /**
   * Makes a token. It is good once the transaction has committed; its text is nowhere else.
   *
   * @returns undefined for an account that was disabled meanwhile.
   */
  async issue(
    tx: Transaction,
    { tenantId, accountId, credentialId, scope }: TokenGrant,
  ): Promise<string | undefined> {
    const id = uuidv7();
    const text = texts.make({ tenantId, id });
    tx.execute(purge, [tenantId]);
    tx.execute(touch, [tenantId, accountId, credentialId]);
    const values = [tenantId, id, accountId, credentialId, hashSecret(text), scope];
    const [made] = await tx.query(insert, values);
    return made && text;
  }

  /** Takes a token back, if it is one of this account. */
  revoke(tx: Transaction, { tenantId, accountId }: ClientAddress, text: string): void {
    const address = texts.parse(text);
    if (address?.tenantId !== tenantId) return;
    tx.execute(remove, [tenantId, address.id, accountId, hashSecret(text)]);
  }

  /** Takes back all tokens of an account that was just disabled. */
  revokeAll(tx: Transaction, { tenantId, accountId }: ClientAddress): void {
    tx.execute(removeAll, [tenantId, accountId]);
  }

  /** Which token of which tenant a text claims to be; undefined for what is no access token. */
  addressOf(text: string): { readonly tenantId: string; readonly id: string } | undefined {
    return texts.parse(text);
  }

  /** A token that is good, by its address; one round trip. */
  async find(tenantId: string, id: string): Promise<StoredToken | undefined> {
    const [row] = await this.database.readInTenant<StoredToken>(tenantId, select, [tenantId, id]);
    return row;
  }
}
