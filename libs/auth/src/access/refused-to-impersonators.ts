import { DomainError } from '@acci/event-store';
import { ApiProblems } from '@acci/rest';
import { applyDecorators, SetMetadata } from '@nestjs/common';
import { permits } from '../permissions/permissions.js';
import type { Identity } from './authenticator.js';

/** An operator who acts in a tenant may do much there, but nothing that lasts longer than they are there. */
export class ImpersonationRefused extends DomainError {
  readonly code = 'auth.impersonation.refused';
  readonly kind = 'forbidden';
  override readonly details: { readonly permission?: string };

  /** @param permission of the route, where that is what is refused. */
  constructor(permission?: string) {
    super('An operator who acts in a tenant gives nobody credentials or permissions there');
    this.details = permission === undefined ? {} : { permission };
  }
}

/** Whatever makes credentials, gives permissions away, lets somebody in, or takes an account over. */
const refused = new Set([
  'auth.api_keys.change',
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
  'auth.service_accounts.change',
  'auth.service_accounts.create',
  'auth.users.import',
  'auth.users.invite',
]);

const key = 'acci:refused-to-impersonators';

/**
 * Declares that a route lets somebody in again whom the tenant had shut out. That is for the tenant to do, and not for
 * an operator who acts there, though they may shut somebody out by the same permission.
 *
 * @example
 * class MachineController {
 *   @RequirePermission('plant.machines.disable')
 *   @RefusedToImpersonators()
 *   @Post(':id/enable')
 *   enable() {}
 * }
 */
export function RefusedToImpersonators(): MethodDecorator {
  return applyDecorators(SetMetadata(key, true), ApiProblems({ 403: ['auth.impersonation.refused'] }));
}

/**
 * Refuses to operators who act in a tenant what they could use when they are not there any more.
 *
 * @throws {ImpersonationRefused}
 */
export function assertNotImpersonating(
  { impersonator }: Identity,
  permission: string,
  handler: object,
): void {
  if (!impersonator) return;
  if (permits(refused, permission) || Reflect.getMetadata(key, handler) === true)
    throw new ImpersonationRefused(permission);
}
