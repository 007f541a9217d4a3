import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { PermissionCatalogue } from '../permissions/permission-catalogue.js';
import { permits } from '../permissions/permissions.js';

/** A role that every tenant has. */
export interface BuiltInRole {
  readonly id: 'operator' | 'owner' | 'admin' | 'member' | 'auditor';
  readonly name: string;
  readonly description: string;
}

/** The roles that every tenant has; `operator` only the platform tenant. */
export const builtInRoles: readonly BuiltInRole[] = [
  { id: 'operator', name: 'Operator', description: 'Runs the platform: everything.' },
  { id: 'owner', name: 'Owner', description: 'Everything in the tenant. A tenant keeps one at least.' },
  { id: 'admin', name: 'Administrator', description: 'Everything but what concerns who owns the tenant.' },
  { id: 'member', name: 'Member', description: 'Themselves, and what everybody may know.' },
  { id: 'auditor', name: 'Auditor', description: 'Reads everything and changes nothing.' },
];

/** The id of the role that a tenant must not lose. */
export const ownerRoleId = 'owner';

/** The id of the role that gives nobody anything over others. */
export const memberRoleId = 'member';

/** What is all tenants' at once. The routes ask for the platform tenant besides. */
const platformAreas = ['tenancy.', 'projections.', 'reactions.'];
/** Who from outside may act in the tenant is for its owners to say; and so nobody else can make an owner. */
const ownersOnly = 'auth.guests.assign';
const everybody = ['auth.me.*', 'auth.permissions.read', 'auth.roles.read', 'events.types.read'];

/** True for what no custom role can be called or have as its id. */
export function isBuiltIn(roleId: string): boolean {
  return builtInRoles.some(({ id }) => id === roleId);
}

/**
 * What built-in roles give. Made of the catalogue, so that owners, administrators and auditors may do to what an app
 * adds what they may do to everything else.
 */
@Injectable()
export class BuiltInRoles {
  private known: { readonly catalogue: readonly string[]; readonly roles: Roles } | undefined;

  constructor(private readonly catalogue: PermissionCatalogue) {}

  /** The permissions of a built-in role in a tenant; none for what is no role there. */
  permissionsOf(roleId: string, tenantId: string): readonly string[] {
    if (roleId === 'operator') return tenantId === PLATFORM_TENANT_ID ? ['*'] : [];
    const catalogue = this.catalogue.all();
    if (this.known?.catalogue !== catalogue) this.known = { catalogue, roles: rolesOf(catalogue) };
    return this.known.roles.get(roleId) ?? [];
  }

  /** The built-in roles of a tenant. */
  of(tenantId: string): readonly BuiltInRole[] {
    return builtInRoles.filter(({ id }) => id !== 'operator' || tenantId === PLATFORM_TENANT_ID);
  }
}

type Roles = ReadonlyMap<string, readonly string[]>;

/** What each built-in role but the operator's gives, where routes ask for these permissions. */
export function rolesOf(catalogue: readonly string[]): Roles {
  const ofTenants = catalogue.filter((name) => !platformAreas.some((area) => name.startsWith(area)));
  const withoutOwnership = ofTenants.filter((name) => name !== ownersOnly);
  const common = everybody.filter((pattern) => catalogue.some((name) => permits(new Set([pattern]), name)));
  return new Map([
    ['owner', withWildcards(ofTenants, catalogue)],
    ['admin', withWildcards(withoutOwnership, catalogue)],
    ['member', common],
    ['auditor', [...new Set([...ofTenants.filter((name) => name.endsWith('.read')), ...common])]],
  ]);
}

/** Adds the wildcards that stand for nothing but what is held: else nobody who holds all could give them away. */
function withWildcards(held: readonly string[], catalogue: readonly string[]): string[] {
  const has = new Set(held);
  const prefixes = new Set(
    held.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index + 1))),
  );
  const wildcards = [...prefixes].filter((prefix) =>
    catalogue.every((name) => !name.startsWith(prefix) || has.has(name)),
  );
  return [...held, ...wildcards.map((prefix) => `${prefix}*`)];
}
