import { createHash } from 'node:crypto';
import type { Tag } from './tag.js';

/** The locks of tags, as `lockTags` takes them: sorted, so that two appends never wait for each other. */
export interface TagLocks {
  readonly keys: readonly bigint[];
  readonly alone: readonly boolean[];
}

/**
 * The advisory locks that stand for tags of a tenant. Two tags that share a key by chance only wait for each other.
 *
 * @param alone tags whose events nobody else may append meanwhile.
 * @param shared tags that are appended.
 */
export function tagLocks(tenantId: string, alone: readonly Tag[], shared: readonly Tag[]): TagLocks {
  const locks = new Map<bigint, boolean>();
  for (const tag of shared) locks.set(lockKey('tag', tenantId, tag), false);
  for (const tag of alone) locks.set(lockKey('tag', tenantId, tag), true);
  const sorted = [...locks].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { keys: sorted.map(([key]) => key), alone: sorted.map(([, isAlone]) => isAlone) };
}

/** 64 bits that stand for something of a tenant, however its id is written, for PostgreSQL's advisory locks. */
export function lockKey(kind: string, tenantId: string, name: string): bigint {
  const text = JSON.stringify([kind, tenantId.toLowerCase(), name]);
  return createHash('sha256').update(text).digest().readBigInt64BE();
}
