import type { Permissions } from '../permissions/permissions.js';

const everybody = ['auth.me.*', 'auth.sessions.*'];

/** Adds what everybody may do who is logged in, whatever their roles: see and change themselves and their sessions. */
export function withEverybodys(permissions: Permissions): Permissions {
  return permissions === '*' ? permissions : new Set([...permissions, ...everybody]);
}
