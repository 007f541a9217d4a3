import type { CredentialOwner, Identity } from '../access/authenticator.js';
import { rangesBeyond } from '../address-range/address-range.js';
import type { Grantor } from '../grant/grant-gate.js';
import { ApiKeyOutlivesCreator, ApiKeyRangesWider } from './api-key.errors.js';

/** Who makes a key, or gets to know another secret of one. */
export type KeyCreator = Grantor & Partial<Pick<Identity, 'owner' | 'expiresAt' | 'addressRanges'>>;

/** Until when and from where a key is good. */
export interface KeyReach {
  readonly expiresAt: Date | null;
  /** From where; from anywhere, if there are none. */
  readonly addressRanges: readonly string[];
}

/**
 * Makes sure that nobody comes by a key that is good for longer than their own, or from elsewhere.
 *
 * @throws {ApiKeyOutlivesCreator} {@link ApiKeyRangesWider}
 */
export function assertWithinCreator(creator: KeyCreator, key: KeyReach): void {
  const end = endOf(creator);
  if (end && (!key.expiresAt || key.expiresAt > end)) throw new ApiKeyOutlivesCreator(end);
  assertRangesWithin(creator, key.addressRanges);
}

/**
 * Makes sure that nobody lets a key in from where their own is not good.
 *
 * @throws {ApiKeyRangesWider}
 */
export function assertRangesWithin({ addressRanges: allowed }: KeyCreator, ranges: readonly string[]): void {
  if (allowed && (ranges.length === 0 || rangesBeyond(ranges, allowed).length > 0))
    throw new ApiKeyRangesWider(allowed);
}

/**
 * Whose a new key in a tenant is: whoever makes it, or whose key makes it. Undefined if that is nobody's, and for whoever
 * is at home in another tenant: here nobody knows what becomes of them.
 */
export function ownerOfKeysMadeBy(creator: KeyCreator, tenantId: string): CredentialOwner | undefined {
  const { subject, owner, homeTenantId } = creator;
  if (homeTenantId !== undefined || creator.tenantId !== tenantId) return undefined;
  if (!subject || subject.type === 'api_key') return owner;
  return { type: subject.type, id: subject.id };
}

/**
 * A session or an access token ends without its user ending: the keys that they make die with the user. A key has
 * nobody behind it who could log in again.
 */
function endOf({ subject, expiresAt }: KeyCreator): Date | undefined {
  return subject === undefined || subject.type === 'api_key' ? expiresAt : undefined;
}
