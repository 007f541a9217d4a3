import { isoTime } from '../../user/users/user-columns.js';
import type { BuiltInRoles } from '../built-in-roles.js';
import type { RoleResponse } from '../role.schemas.js';

/** The columns of `acci.roles` under the names, and in the form, of `RoleResponse`: a row is an answer. */
export const roleColumns = `id, name, description, false as "builtIn", permissions, condition, version,
         ${isoTime('created_at')} as "createdAt", ${isoTime('updated_at')} as "updatedAt"`;

/** The built-in roles of a tenant as answers. */
export function builtInResponses(builtIn: BuiltInRoles, tenantId: string): RoleResponse[] {
  return builtIn.of(tenantId).map(({ id, name, description }) => ({
    id,
    name,
    description,
    builtIn: true,
    permissions: [...builtIn.permissionsOf(id, tenantId)],
    condition: null,
    version: 0,
    createdAt: null,
    updatedAt: null,
  }));
}
