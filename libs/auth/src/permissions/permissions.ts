import { z } from 'zod';

/**
 * What somebody may do: permissions such as `tenancy.tenants.create`, wildcards such as `tenancy.*`; or `'*'`, all.
 */
export type Permissions = ReadonlySet<string> | '*';

/** A permission, or a wildcard over those that begin alike. `*` alone is everything and only for the platform tenant. */
export const PermissionPattern = z
  .string()
  .max(200)
  .regex(
    /^(\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?)$/,
    'must be a permission, or a wildcard such as tenancy.*',
  )
  .meta({ id: 'Permission', examples: ['tenancy.tenants.read', 'tenancy.*'] });

/**
 * Tells whether somebody holds a permission, or for a wildcard every permission that it stands for.
 *
 * @example
 * permits(new Set(['shop.*']), 'shop.orders.read'); // true
 */
export function permits(held: Permissions, permission: string): boolean {
  if (held === '*' || held.has(permission)) return true;
  for (let end = permission.lastIndexOf('.'); end > 0; end = permission.lastIndexOf('.', end - 1))
    if (held.has(`${permission.slice(0, end)}.*`)) return true;
  return false;
}

/** The permissions of a stored list. */
export function permissionsOf(list: readonly string[]): Permissions {
  return list.includes('*') ? '*' : new Set(list);
}

/** What both allow: of each, the permissions that the other one covers. */
export function intersection(one: Permissions, other: Permissions): Permissions {
  if (one === '*') return other;
  if (other === '*') return one;
  return new Set([
    ...[...one].filter((permission) => permits(other, permission)),
    ...[...other].filter((permission) => permits(one, permission)),
  ]);
}
