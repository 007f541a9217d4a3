import type { Database } from '@acci/database';
import type { KeyRing } from './key-ring.js';
import * as sql from './key-statements.js';
import { unwrapSubjectKeyBytes, wrapSubjectKey } from './subject-key.js';
import type { TenantKeyStore } from './tenant-keys.js';

const atOnce = 500;

/** Under a new tenant key, wraps every key of a subject that is under an older one; then removes the older ones. */
export async function rotateTenantKey(database: Database, ring: KeyRing, tenantId: string): Promise<number> {
  await ring.tenantKeys.addVersion(tenantId);
  ring.rotated(tenantId);
  const keys = await ring.ofTenant(tenantId);
  let count = 0;
  // Other processes go on wrapping by the version that they know, as long as it is there.
  for (let removed = false; !removed;) {
    for (let more = true; more;) {
      const rows = await database.queryAsSystem<sql.SubjectKeyRow>(
        'rotate the key of a tenant',
        sql.selectUnderOlderTenantKeys,
        [tenantId, keys.current, atOnce],
      );
      const wrapped = rows.map((row) => {
        const bytes = unwrapSubjectKeyBytes(keys, row);
        const anew = wrapSubjectKey(keys, { tenantId, subject: row.subject }, bytes);
        bytes.fill(0);
        return anew;
      });
      // Whoever was forgotten meanwhile has no key to be replaced any more.
      await database.queryAsSystem('rotate the key of a tenant', sql.rewrapSubjectKeys, [
        tenantId,
        keys.current,
        rows.map(({ subject }) => subject),
        rows.map((row) => row.wrapped),
        wrapped,
      ]);
      count += rows.length;
      more = rows.length === atOnce;
    }
    removed = await removeOlder(database, tenantId, keys.current);
  }
  return count;
}

/** False if something was wrapped by an older one in the meantime: a foreign key holds on to that. */
async function removeOlder(database: Database, tenantId: string, current: number): Promise<boolean> {
  try {
    await database.queryAsSystem('remove rotated keys of a tenant', sql.deleteOlderTenantKeys, [
      tenantId,
      current,
    ]);
    return true;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === '23503') return false;
    throw error;
  }
}

/** Wraps every tenant's key by the current master key. */
export async function rotateMasterKey(database: Database, tenantKeys: TenantKeyStore): Promise<number> {
  let count = 0;
  let after: readonly [string, number] = ['00000000-0000-0000-0000-000000000000', 0];
  for (let more = true; more;) {
    const rows = await database.queryAsSystem<sql.TenantKeyRow>(
      'rotate the master key',
      sql.selectUnderOtherMasterKeys,
      [tenantKeys.masterKeyId, ...after, atOnce],
    );
    for (const row of rows) {
      const { keyId, bytes } = await tenantKeys.rewrap(row);
      const done = await database.queryAsSystem('rotate the master key', sql.rewrapTenantKey, [
        row.tenant_id,
        row.version,
        row.wrapped,
        keyId,
        bytes,
      ]);
      count += done.length;
      after = [row.tenant_id, row.version];
    }
    more = rows.length === atOnce;
  }
  return count;
}
