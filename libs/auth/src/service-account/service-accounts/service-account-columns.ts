import { isoTime } from '../../user/users/user-columns.js';

/** The columns of `acci.service_accounts` under the names, and in the form, of `ServiceAccountResponse`. */
export const serviceAccountColumns = `id, id::text || '.' || tenant_id::text as "clientId", name, description, permissions,
         ${isoTime('disabled_at')} as "disabledAt", version, ${isoTime('created_at')} as "createdAt",
         ${isoTime('updated_at')} as "updatedAt"`;
