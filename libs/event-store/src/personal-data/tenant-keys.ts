import type { KeyObject } from 'node:crypto';
import type { Database } from '@acci/database';
import { contextOf, keyObject, newKey, open, seal } from './ciphers.js';
import type { KeyProvider } from './key-provider.js';
import {
  insertTenantKey,
  selectOfEachMasterKey,
  selectTenantKeys,
  type TenantKeyRow,
} from './key-statements.js';
import { PersonalDataUnreadable } from './personal-data.errors.js';

/** The keys of one tenant, ready to be used. */
export interface TenantKeys {
  /** The version that wraps new keys of subjects. */
  readonly current: number;
  readonly wrapping: ReadonlyMap<number, KeyObject>;
  /** What unique values of persons are hashed with. The same for ever: else equal values would not be equal. */
  readonly claims: KeyObject;
}

/** Reads and makes the keys of tenants, which the master key wraps. */
export class TenantKeyStore {
  constructor(
    private readonly database: Database,
    private readonly provider: KeyProvider,
  ) {}

  /** The master key that wraps from now on. */
  get masterKeyId(): string {
    return this.provider.currentKeyId;
  }

  /** A tenant's keys, made if there are none; undefined for a tenant that was purged. */
  async read(tenantId: string): Promise<TenantKeys | undefined> {
    let rows = await this.rows(tenantId);
    if (rows.length === 0) {
      await this.insert(tenantId, 1, newKey());
      rows = await this.rows(tenantId);
    }
    const last = rows.at(-1);
    if (!last || last.master_key_id === null) return undefined;
    const wrapping = new Map<number, KeyObject>();
    for (const row of rows) wrapping.set(row.version, await this.unwrap(row));
    const key = wrapping.get(last.version) as KeyObject;
    return { current: last.version, wrapping, claims: keyObject(openClaimsKey(key, last)) };
  }

  /** Gives a tenant that has keys a further version, which wraps from now on. */
  async addVersion(tenantId: string): Promise<number | undefined> {
    const last = (await this.rows(tenantId)).at(-1);
    if (!last || last.master_key_id === null) return undefined;
    const claimsKey = openClaimsKey(await this.unwrap(last), last);
    await this.insert(tenantId, last.version + 1, claimsKey);
    return last.version + 1;
  }

  /** Wraps a tenant's key by the current master key instead of another one. */
  async rewrap(row: TenantKeyRow): Promise<{ readonly keyId: string; readonly bytes: Buffer }> {
    const context = tenantContext(row.tenant_id, row.version);
    return this.provider.wrap(await this.unwrapBytes(row), context);
  }

  /**
   * Tries every master key that is in use.
   *
   * @throws {MasterKeyLost} for one that the program does not have.
   */
  async verifyMasterKeys(): Promise<void> {
    const rows = await this.database.queryAsSystem<TenantKeyRow>(
      'verify the master key',
      selectOfEachMasterKey,
    );
    for (const row of rows) await this.unwrap(row);
  }

  private rows(tenantId: string): Promise<TenantKeyRow[]> {
    return this.database.queryAsSystem<TenantKeyRow>('read the keys of a tenant', selectTenantKeys, [
      tenantId,
    ]);
  }

  /** Of processes that do so at once, one has its way. */
  private async insert(tenantId: string, version: number, claimsKey: Buffer): Promise<void> {
    const bytes = newKey();
    const { keyId, bytes: wrapped } = await this.provider.wrap(bytes, tenantContext(tenantId, version));
    const sealedClaimsKey = seal(keyObject(bytes), claimsKey, claimsContext(tenantId, version));
    claimsKey.fill(0);
    await this.database.queryAsSystem('make a key for a tenant', insertTenantKey, [
      tenantId,
      version,
      keyId,
      wrapped,
      sealedClaimsKey,
    ]);
  }

  private async unwrap(row: TenantKeyRow): Promise<KeyObject> {
    return keyObject(await this.unwrapBytes(row));
  }

  private unwrapBytes({ tenant_id, version, master_key_id, wrapped }: TenantKeyRow): Promise<Buffer> {
    const key = { keyId: master_key_id ?? '', bytes: wrapped };
    return this.provider.unwrap(key, tenantContext(tenant_id, version));
  }
}

function openClaimsKey(key: KeyObject, { tenant_id, version, claims_key }: TenantKeyRow): Buffer {
  try {
    return open(key, claims_key, claimsContext(tenant_id, version));
  } catch (cause) {
    throw new PersonalDataUnreadable(`The key for the claims of tenant ${tenant_id} does not open`, {
      cause,
    });
  }
}

function tenantContext(tenantId: string, version: number): Buffer {
  return Buffer.from(contextOf('tenant key', tenantId, version));
}

function claimsContext(tenantId: string, version: number): string {
  return contextOf('claims key', tenantId, version);
}
