import { DomainError } from '@acci/event-store';
import { permits } from '../permissions/permissions.js';
import type { Identity } from './authenticator.js';

/** An operator who acts in a tenant may do much there, but nothing that lasts longer than they are there. */
export class ImpersonationRefused extends DomainError {
  readonly code = 'auth.impersonation.refused';
  readonly kind = 'forbidden';
  override readonly details: { readonly permission: string };

  constructor(permission: string) {
    super('An operator who acts in a tenant gives nobody credentials or permissions there');
    this.details = { permission };
  }
}

/** Whatever makes credentials, gives permissions away, or takes an account over. */
const refused = new Set([
  'auth.api_keys.create',
  'auth.api_keys.rotate',
  'auth.groups.assign',
  'auth.groups.delete',
  'auth.guests.assign',
  'auth.impersonations.*',
  'auth.me.change',
  'auth.me.change_password',
  'auth.me.link',
  'auth.roles.assign',
  'auth.roles.change',
  'auth.roles.create',
  'auth.service_account_credentials.create',
  'auth.service_account_credentials.revoke',
  'auth.service_accounts.create',
]);

/**
 * Refuses to operators who act in a tenant what they could use when they are not there any more.
 *
 * @throws {ImpersonationRefused}
 */
export function assertNotImpersonating({ impersonator }: Identity, permission: string): void {
  if (impersonator && permits(refused, permission)) throw new ImpersonationRefused(permission);
}
