import type { KeyObject } from 'node:crypto';
import { contextOf, keyObject, open, seal } from './ciphers.js';
import type { SubjectKeyRow } from './key-statements.js';
import { PersonalDataUnreadable } from './personal-data.errors.js';
import type { TenantKeys } from './tenant-keys.js';

/** Somebody in a tenant about whom something is stored. */
export interface Subject {
  readonly tenantId: string;
  readonly subject: string;
}

/** A subject's key under the current key of its tenant, good for nobody else. */
export function wrapSubjectKey(
  { wrapping, current }: TenantKeys,
  { tenantId, subject }: Subject,
  key: Buffer,
): Buffer {
  return seal(wrapping.get(current) as KeyObject, key, subjectContext(tenantId, subject));
}

/** @throws {PersonalDataUnreadable} if it is not this subject's key, or its tenant's key is missing. */
export function unwrapSubjectKey({ wrapping }: TenantKeys, row: SubjectKeyRow): KeyObject {
  return keyObject(unwrapSubjectKeyBytes({ wrapping }, row));
}

/** As {@link unwrapSubjectKey}; whoever asks for the bytes wipes them. */
export function unwrapSubjectKeyBytes(
  { wrapping }: Pick<TenantKeys, 'wrapping'>,
  { tenant_id, subject, tenant_key, wrapped }: SubjectKeyRow,
): Buffer {
  const key = wrapping.get(tenant_key ?? 0);
  try {
    return open(key as KeyObject, wrapped as Buffer, subjectContext(tenant_id, subject));
  } catch (cause) {
    throw new PersonalDataUnreadable(`The key of a subject of tenant ${tenant_id} does not open`, { cause });
  }
}

function subjectContext(tenantId: string, subject: string): string {
  return contextOf('subject key', tenantId.toLowerCase(), subject);
}
