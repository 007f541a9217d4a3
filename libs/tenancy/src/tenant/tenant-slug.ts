import { TenantSlugInvalid, TenantSlugReserved } from './tenant.errors.js';

/** A DNS label (RFC 1035) of 2 to 63 characters, lower case, without double hyphens, which IDNA keeps for itself. */
export const tenantSlugPattern = /^(?=.{2,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;

// Slugs become host names and path segments: what a customer must not be able to pose as, or shadow.
const reserved = new Set([
  'about',
  'abuse',
  'acci',
  'account',
  'accounts',
  'admin',
  'administrator',
  'api',
  'app',
  'assets',
  'auth',
  'autoconfig',
  'autodiscover',
  'billing',
  'blog',
  'cdn',
  'console',
  'dashboard',
  'demo',
  'dev',
  'docs',
  'email',
  'events',
  'files',
  'ftp',
  'graphql',
  'health',
  'help',
  'hostmaster',
  'imap',
  'internal',
  'localhost',
  'login',
  'logout',
  'mail',
  'metrics',
  'mta-sts',
  'noreply',
  'ns1',
  'ns2',
  'oauth',
  'openapi',
  'operator',
  'platform',
  'pop',
  'postmaster',
  'public',
  'root',
  'security',
  'smtp',
  'sso',
  'staging',
  'static',
  'status',
  'support',
  'system',
  'tenant',
  'tenants',
  'test',
  'webmaster',
  'wpad',
  'ws',
  'www',
]);

/**
 * Checks what a tenant may be called in host names and paths. A slug never changes once it is given.
 *
 * @throws {TenantSlugInvalid} {@link TenantSlugReserved}
 */
export function assertTenantSlug(slug: string): void {
  if (!tenantSlugPattern.test(slug)) throw new TenantSlugInvalid();
  if (reserved.has(slug)) throw new TenantSlugReserved();
}
