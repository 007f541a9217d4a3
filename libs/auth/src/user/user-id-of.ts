import type { Identity } from '../access/authenticator.js';
import { CallerNotUser } from './user.errors.js';

/**
 * The id of the user who asks.
 *
 * @throws {CallerNotUser} for an API key or a service account.
 */
export function userIdOf({ subject }: Identity): string {
  if (subject?.type !== 'user') throw new CallerNotUser();
  return subject.id;
}
