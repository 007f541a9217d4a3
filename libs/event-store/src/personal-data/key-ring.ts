import { AsyncLocalStorage } from 'node:async_hooks';
import type { KeyObject } from 'node:crypto';
import type { Database } from '@acci/database';
import { newKey } from './ciphers.js';
import { Destructions } from './destructions.js';
import { KeyCache } from './key-cache.js';
import type { KeyProvider } from './key-provider.js';
import { insertSubjectKeys, selectSubjectKeys, type SubjectKeyRow } from './key-statements.js';
import { PersonalDataUnreadable, SubjectForgotten } from './personal-data.errors.js';
import { unwrapSubjectKey, wrapSubjectKey, type Subject } from './subject-key.js';
import { TenantKeyStore, type TenantKeys } from './tenant-keys.js';

/** What is left where a key was destroyed. */
export const forgotten = Symbol('forgotten');
export type SubjectKey = KeyObject | typeof forgotten;

/** Far more often than keys change by themselves while somebody reads them. */
const mostAttempts = 50;

/** How long, and how many, decrypted keys are kept in memory. */
export interface KeyCacheOptions {
  /** Milliseconds. Default 300,000. */
  readonly lifetimeMs?: number;
  /** Default 10,000. */
  readonly maxKeys?: number;
}

/**
 * The keys of subjects and tenants, decrypted as they are needed. Keys are read and made in transactions of their
 * own, whatever transaction is open: what is destroyed is destroyed for everybody, and what is made may stay.
 */
export class KeyRing {
  readonly tenantKeys: TenantKeyStore;
  private readonly outside = AsyncLocalStorage.snapshot();
  private readonly destructions: Destructions;
  private readonly subjects: KeyCache<SubjectKey>;
  private readonly tenants: KeyCache<Promise<TenantKeys | undefined>>;

  constructor(
    private readonly database: Database,
    provider: KeyProvider,
    { lifetimeMs = 300_000, maxKeys = 10_000 }: KeyCacheOptions = {},
  ) {
    this.subjects = new KeyCache(lifetimeMs, maxKeys);
    this.tenants = new KeyCache(lifetimeMs, maxKeys);
    this.tenantKeys = new TenantKeyStore(database, provider);
    this.destructions = new Destructions(database, (destruction) => {
      if (!destruction) return this.clear();
      const { tenantId, subject } = destruction;
      if (subject !== undefined) return this.subjects.delete(idOf({ tenantId, subject }));
      this.subjects.deleteAll(idOf({ tenantId, subject: '' }));
      this.rotated(tenantId);
    });
  }

  /**
   * The keys that subjects have, in their order.
   *
   * @throws {PersonalDataUnreadable} for a subject that never had one.
   */
  read(wanted: readonly Subject[]): Promise<SubjectKey[]> {
    return this.find(wanted, false);
  }

  /** A subject's key as it is in the database now; undefined for one who never had one. Takes as long either way. */
  readAnew(wanted: Subject): Promise<SubjectKey | undefined> {
    return this.outside(async () => {
      for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
        const rows = await this.rows([wanted]);
        if (!rows.some(({ known, erased }) => known || erased)) return undefined;
        const keys = await this.unwrap(rows);
        if (keys) return keys.get(idOf(wanted));
      }
      throw keysKeepChanging();
    });
  }

  /** The keys that subjects have; those who have none get one. */
  readOrMake(wanted: readonly Subject[]): Promise<SubjectKey[]> {
    return this.find(wanted, true);
  }

  /** As {@link readOrMake}, at once. @returns undefined unless every key is at hand and sure to be there still. */
  cached(wanted: readonly Subject[]): SubjectKey[] | undefined {
    if (!this.destructions.confirmed) return undefined;
    const keys: SubjectKey[] = [];
    for (const subject of wanted) {
      const key = this.subjects.get(idOf(subject));
      if (!key) return undefined;
      keys.push(key);
    }
    return keys;
  }

  /**
   * A tenant's keys.
   *
   * @throws {SubjectForgotten} if the tenant was purged.
   */
  async ofTenant(tenantId: string): Promise<TenantKeys> {
    if (!this.destructions.confirmed) await this.destructions.confirm();
    const id = tenantId.toLowerCase();
    let keys = this.tenants.get(id);
    if (!keys) {
      keys = this.outside(() => this.tenantKeys.read(id));
      this.tenants.set(id, keys);
      keys.catch(() => this.tenants.delete(id));
      this.watch();
    }
    const found = await keys;
    if (!found) throw new SubjectForgotten();
    return found;
  }

  /** Forgets a key that this process has just destroyed, before it tells anybody. */
  destroyed({ tenantId, subject }: Subject): void {
    this.destructions.note({ tenantId, subject });
  }

  /** Reads a tenant's keys anew the next time: they were rotated. */
  rotated(tenantId: string): void {
    this.tenants.delete(tenantId.toLowerCase());
  }

  /** Drops every key and stops looking after them. */
  close(): void {
    this.destructions.close();
    this.clear();
  }

  private async find(wanted: readonly Subject[], make: boolean): Promise<SubjectKey[]> {
    if (!this.destructions.confirmed) await this.destructions.confirm();
    const found = new Map<string, SubjectKey>();
    const missing = new Map<string, Subject>();
    for (const subject of wanted) {
      const id = idOf(subject);
      const cached = this.subjects.get(id);
      if (cached) found.set(id, cached);
      else missing.set(id, subject);
    }
    if (missing.size > 0) await this.outside(() => this.load([...missing.values()], make, found));
    return wanted.map((subject) => found.get(idOf(subject)) as SubjectKey);
  }

  private async load(
    missing: readonly Subject[],
    make: boolean,
    found: Map<string, SubjectKey>,
  ): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const { generation } = this.destructions;
      const rows = await this.rows(missing);
      const strangers = rows.filter(({ known, erased }) => !known && !erased);
      if (make && strangers.length > 0) {
        await this.make(strangers);
        continue;
      }
      const keys = await this.unwrap(rows);
      // While these were on their way something was destroyed, which may be one of them, or wrapped by a newer key.
      if (!keys || generation !== this.destructions.generation) {
        if (attempt < mostAttempts) continue;
        throw keysKeepChanging();
      }
      for (const [id, key] of keys) {
        found.set(id, key);
        this.subjects.set(id, key);
      }
      return this.watch();
    }
  }

  private rows(subjects: readonly Subject[]): Promise<SubjectKeyRow[]> {
    return this.database.queryAsSystem<SubjectKeyRow>('read keys of subjects', selectSubjectKeys, [
      subjects.map(({ tenantId }) => tenantId),
      subjects.map(({ subject }) => subject),
    ]);
  }

  /** By id; undefined if one of them is wrapped by a key that its tenant does not have (any more). */
  private async unwrap(rows: readonly SubjectKeyRow[]): Promise<Map<string, SubjectKey> | undefined> {
    const keys = new Map<string, SubjectKey>();
    for (const row of rows) {
      const { tenant_id: tenantId, subject, known, erased, tenant_key: version } = row;
      const id = idOf({ tenantId, subject });
      if (!known && !erased)
        throw new PersonalDataUnreadable(`There is no key for a subject of tenant ${tenantId}`);
      if (erased || version === null) {
        keys.set(id, forgotten);
        continue;
      }
      const tenant = await this.ofTenant(tenantId);
      if (!tenant.wrapping.has(version)) {
        this.rotated(tenantId);
        return undefined;
      }
      keys.set(id, unwrapSubjectKey(tenant, row));
    }
    return keys;
  }

  private async make(rows: readonly SubjectKeyRow[]): Promise<void> {
    const versions: number[] = [];
    const wrapped: Buffer[] = [];
    for (const { tenant_id: tenantId, subject } of rows) {
      const tenant = await this.ofTenant(tenantId);
      const bytes = newKey();
      versions.push(tenant.current);
      wrapped.push(wrapSubjectKey(tenant, { tenantId, subject }, bytes));
      bytes.fill(0);
    }
    try {
      await this.database.queryAsSystem('make keys for subjects', insertSubjectKeys, [
        rows.map(({ tenant_id }) => tenant_id),
        rows.map(({ subject }) => subject),
        versions,
        wrapped,
      ]);
    } catch (error) {
      // The tenant's key is another one by now: what was wrapped by the older one is of no use.
      if ((error as { code?: unknown } | null)?.code !== '23503') throw error;
      for (const { tenant_id } of rows) this.rotated(tenant_id);
    }
  }

  private watch(): void {
    this.destructions.watch(() => {
      this.subjects.sweep();
      this.tenants.sweep();
      return this.subjects.size + this.tenants.size > 0;
    });
  }

  private clear(): void {
    this.subjects.clear();
    this.tenants.clear();
  }
}

function keysKeepChanging(): PersonalDataUnreadable {
  return new PersonalDataUnreadable(
    'The keys of subjects keep changing, or the key that wraps them is missing',
  );
}

/** The id of a tenant may come in upper case; it is the same tenant. */
function idOf({ tenantId, subject }: Subject): string {
  return `${tenantId.toLowerCase()}/${subject}`;
}
