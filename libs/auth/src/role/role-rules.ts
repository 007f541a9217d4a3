import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import type { RoleTerms } from '../grant/grants.js';
import { PermissionCatalogue } from '../permissions/permission-catalogue.js';
import { PermissionUnknown } from '../permissions/permission.errors.js';
import { builtInRoles } from './built-in-roles.js';
import { RoleConditionUnsupported, RoleNameTaken, RoleNotPlatform } from './role.errors.js';

/** What a role can give and be called at all, whoever makes it. */
@Injectable()
export class RoleRules {
  constructor(private readonly catalogue: PermissionCatalogue) {}

  /** @throws {RoleNameTaken} for a name by which people know a built-in role. */
  assertName(name: string): void {
    // Letters that are another form of the same letter, such as those of full width, make no other name.
    const key = name.normalize('NFKC').toLowerCase();
    if (builtInRoles.some((role) => role.id === key || role.name.toLowerCase() === key))
      throw new RoleNameTaken();
  }

  /**
   * @throws {RoleNotPlatform} {@link PermissionUnknown} for permissions that no role of the tenant can give.
   * @throws {RoleConditionUnsupported} for a condition that the permissions' routes do not ask for.
   */
  assertPossible(tenantId: string, { permissions, condition }: RoleTerms): void {
    if (permissions.includes('*') && tenantId !== PLATFORM_TENANT_ID) throw new RoleNotPlatform();
    const unknown = placesOf(permissions, (permission) => !this.catalogue.knows(permission));
    if (unknown.length > 0) throw new PermissionUnknown(unknown);
    if (!condition) return;
    const tested = Object.keys(condition);
    const unsupported = placesOf(permissions, (permission) => {
      const known = this.catalogue.attributesOf(permission);
      return !tested.every((attribute) => known.has(attribute));
    });
    if (unsupported.length > 0) throw new RoleConditionUnsupported(unsupported);
  }
}

function placesOf(permissions: readonly string[], wanted: (permission: string) => boolean): number[] {
  return [...permissions.keys()].filter((place) => wanted(permissions[place] as string));
}
