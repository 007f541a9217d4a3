import { Injectable } from '@nestjs/common';
import { PermissionNotHeld } from '../permissions/permission.errors.js';
import { type Permissions, permissionsOf, permits } from '../permissions/permissions.js';
import { BuiltInRoles } from '../role/built-in-roles.js';
import {
  type Condition,
  covers,
  type ResolvedCondition,
  resolveCondition,
  type UserAttributes,
} from './condition.js';
import type { StoredGrant } from './stored-grants.js';

/** Permissions that somebody holds on some objects only. */
export interface ConditionalGrant {
  readonly permissions: ReadonlySet<string>;
  readonly condition: ResolvedCondition;
}

/** What somebody may do: everywhere, and on which objects only. */
export interface Granted {
  readonly permissions: Permissions;
  readonly conditional?: readonly ConditionalGrant[] | undefined;
}

/** What a role gives to whoever has it. */
export interface RoleTerms {
  readonly permissions: readonly string[];
  /** Null: on every object. */
  readonly condition: Condition | null;
}

/** Makes what somebody may do of the roles that they have. */
@Injectable()
export class Grants {
  constructor(private readonly builtIn: BuiltInRoles) {}

  /**
   * @param stored what {@link grantsOfUser} read.
   * @param user what conditions compare with; nobody's for whoever is no user.
   * @example
   * const identity = { tenantId, actor, ...grants.from(row.grants, tenantId, { id: userId, department: row.department }) };
   */
  from(
    stored: readonly StoredGrant[] | null,
    tenantId: string,
    user: UserAttributes = { id: null, department: null },
  ): Granted {
    const everywhere: string[] = [];
    const conditional: ConditionalGrant[] = [];
    for (const grant of stored ?? []) {
      const { permissions, condition } = this.termsOf(grant, tenantId);
      const resolved = condition && resolveCondition(condition, user);
      if (!condition) everywhere.push(...permissions);
      else if (resolved) conditional.push({ permissions: new Set(permissions), condition: resolved });
    }
    return { permissions: permissionsOf(everywhere), conditional };
  }

  /** What a role gives in a tenant; nothing, if it is none. */
  termsOf({ roleId, permissions, condition }: StoredGrant, tenantId: string): RoleTerms {
    return { permissions: permissions ?? this.builtIn.permissionsOf(roleId, tenantId), condition };
  }
}

/** True if somebody holds a permission on every object that a condition leaves. */
export function holds(grantor: Granted, permission: string, condition: Condition | null): boolean {
  if (permits(grantor.permissions, permission)) return true;
  if (!condition) return false;
  return (grantor.conditional ?? []).some(
    (grant) => permits(grant.permissions, permission) && covers(grant.condition, condition),
  );
}

/**
 * Makes sure that nobody gives what they do not hold.
 *
 * @throws {PermissionNotHeld} naming what is not held.
 * @example
 * assertGrantable(caller, { permissions: ['shop.orders.read'], condition: null });
 */
export function assertGrantable(grantor: Granted, { permissions, condition }: RoleTerms): void {
  const notHeld = permissions.filter((permission) => !holds(grantor, permission, condition));
  if (notHeld.length > 0) throw new PermissionNotHeld(notHeld);
}
