import { PermissionPattern, type Permissions, permits } from '../permissions/permissions.js';
import { TokenRefused } from './token.errors.js';

/**
 * The permissions that a scope names (RFC 6749, section 3.3), each of which must be held; all that are held, if there is
 * no scope.
 *
 * @throws {TokenRefused} `invalid_scope`
 */
export function permissionsOfScope(scope: string | undefined, held: Permissions): string[] {
  if (scope === undefined) return held === '*' ? ['*'] : [...held].sort();
  const wanted = [...new Set(scope.split(' '))].sort();
  if (!wanted.every((one) => PermissionPattern.safeParse(one).success && permits(held, one)))
    throw new TokenRefused('invalid_scope', 'The scope names what is no permission of the client.');
  return wanted;
}
