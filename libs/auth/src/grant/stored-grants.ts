import type { Condition } from './condition.js';

/** A role that somebody has, as it is stored: of a built-in one only the id is. */
export interface StoredGrant {
  readonly roleId: string;
  readonly permissions: readonly string[] | null;
  readonly condition: Condition | null;
}

/**
 * SQL of one JSON value, null or a list of {@link StoredGrant}: the roles of a user, their own and those of their
 * groups. It goes into the list of a `select`, so that whoever lets somebody in reads all in one round trip.
 *
 * @param tenantId and `userId` are SQL: columns, or parameters with their type.
 * @example
 * prepared(`select s.user_id, ${grantsOfUser('s.tenant_id', 's.user_id')} as grants from acci.sessions s where …`);
 */
export function grantsOfUser(tenantId: string, userId: string): string {
  return grantsWhere(
    tenantId,
    `(a.principal_type, a.principal_id) in (
       select 'user', ${userId}
        union all
       select 'group', m.group_id
         from acci.group_members m
        where m.tenant_id = ${tenantId} and m.user_id = ${userId})`,
  );
}

/** As {@link grantsOfUser}, for whoever is in no group. */
export function grantsOfPrincipal(type: 'api_key' | 'service_account', tenantId: string, id: string): string {
  return grantsWhere(tenantId, `a.principal_type = '${type}' and a.principal_id = ${id}`);
}

/** As {@link grantsOfUser}, for a user of another tenant. */
export function grantsOfGuest(tenantId: string, homeTenantId: string, userId: string): string {
  return grantsWhere(
    tenantId,
    `a.principal_type = 'guest' and a.principal_id = ${userId} and a.home_tenant_id = ${homeTenantId}`,
  );
}

/** As {@link grantsOfUser}, for a group: what it gives to each of its members. */
export function grantsOfGroup(tenantId: string, groupId: string): string {
  return grantsWhere(tenantId, `a.principal_type = 'group' and a.principal_id = ${groupId}`);
}

function grantsWhere(tenantId: string, principal: string): string {
  return `(
    select json_agg(json_build_object('roleId', a.role_id, 'permissions', r.permissions, 'condition', r.condition))
      from acci.role_assignments a
      left join acci.roles r on r.tenant_id = a.tenant_id and r.id = a.role_id
     where a.tenant_id = ${tenantId} and ${principal})`;
}

/** The grants of a key or service account: its own permissions, and those of its roles. */
export function grantsWithOwn(
  permissions: readonly string[],
  ofRoles: readonly StoredGrant[] | null,
): StoredGrant[] {
  return [{ roleId: '', permissions, condition: null }, ...(ofRoles ?? [])];
}
