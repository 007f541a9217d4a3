import { configuredKeyId } from '../../operator-key/configured-operator-key.js';
import type { ApiKeyResponse } from '../api-key.schemas.js';
import { keyPrefix } from '../key-text.js';

/** A key as {@link apiKeyColumns} reads it. */
export interface ApiKeyRow {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly permissions: string[];
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly addressRanges: string[];
  readonly owner: ApiKeyResponse['owner'];
  readonly rotatedAt: Date | null;
  readonly previousUntil: Date | null;
  readonly version: number;
}

/** Reads keys with their last use; a statement goes on with its condition. */
export const selectApiKeys = `
  select id, tenant_id as "tenantId", name, permissions, expires_at as "expiresAt", created_at as "createdAt",
         revoked_at as "revokedAt", address_ranges as "addressRanges", rotated_at as "rotatedAt",
         previous_until as "previousUntil", version,
         case when owner_id is not null then json_build_object('type', owner_type, 'id', owner_id) end as owner,
         (select last_used_at from acci.api_key_secrets s where s.tenant_id = k.tenant_id and s.key_id = k.id) as "lastUsedAt"
    from acci.api_keys k`;

/** What leaves of a key. */
export function toApiKeyResponse(row: ApiKeyRow): ApiKeyResponse {
  return {
    id: row.id,
    tenantId: row.tenantId,
    name: row.name,
    // The configured key has whatever form its operator gave it.
    prefix: row.id === configuredKeyId ? null : keyPrefix(row.id),
    permissions: row.permissions,
    addressRanges: row.addressRanges,
    owner: row.owner,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    rotatedAt: row.rotatedAt?.toISOString() ?? null,
    previousUntil: row.previousUntil?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    version: row.version,
  };
}
