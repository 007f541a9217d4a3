import { Database, uuidv7 } from '@acci/database';
import { type AppendResult, type Context, EventStore } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import { ApiKey, type ApiKeyTerms } from './api-key.aggregate.js';
import { KeySecrets } from './key-secrets.js';
import { hashKeyText, newKeyText } from './key-text.js';

/** A key that was just made. */
export interface IssuedKey extends AppendResult {
  /** The key itself. It is nowhere else. */
  readonly key: string;
}

/** Makes keys: the fact and the hash of the secret in one transaction. It asks nobody whether it may. */
@Injectable()
export class ApiKeyIssuer {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly secrets: KeySecrets,
  ) {}

  /** Makes a key with a random secret in the context's tenant. */
  async issue(ctx: Context, terms: ApiKeyTerms, now: Date): Promise<IssuedKey> {
    const keyId = uuidv7();
    const key = newKeyText({ tenantId: ctx.tenantId, keyId });
    return { ...(await this.save(ctx, keyId, terms, hashKeyText(key), now)), key };
  }

  /** Makes the key of which a hash is given. */
  save(ctx: Context, keyId: string, terms: ApiKeyTerms, hash: Buffer, now: Date): Promise<AppendResult> {
    return this.database.inTenant(ctx.tenantId, async (tx) => {
      const apiKey = new ApiKey(keyId);
      apiKey.create(terms, now);
      const saved = await this.store.save(ctx, apiKey);
      const { permissions, expiresAt = null, addressRanges = [], owner = null } = terms;
      const address = { tenantId: ctx.tenantId, keyId };
      this.secrets.add(tx, address, hash, { permissions, expiresAt, addressRanges, owner });
      return saved;
    });
  }
}
