import type { KnownTenant } from '@acci/tenancy';
import { RegistrationClosed } from './registration.errors.js';

/**
 * Makes sure that people may register in a tenant by themselves.
 *
 * @throws {RegistrationClosed} also if there is no such tenant.
 */
export function assertRegistrationOpen(tenant: KnownTenant | undefined): asserts tenant is KnownTenant {
  if (tenant?.settings['selfRegistration'] !== true) throw new RegistrationClosed();
}
