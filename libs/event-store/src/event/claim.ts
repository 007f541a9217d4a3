import type { DomainError } from '../domain-error.js';

/**
 * A value that only one stream of a tenant may hold, such as a slug or an e-mail address. An event takes claims and
 * gives them back; the store writes them in the transaction of the append, so there is no moment between.
 */
export interface Claim {
  /** What the value is unique among, such as `tenancy.tenant.slug`. */
  readonly scope: string;
  readonly value: string;
  /** Whose the value is, if it is personal: a subject id, or `$stream`. See {@link personalClaim}. */
  readonly of?: string;
  /** Makes the error for a value that another stream holds; `ClaimTaken` where it is left out. */
  readonly taken?: () => DomainError;
}

// The primary key's index holds at most about 2,700 bytes an entry; what people call a unique name is far shorter.
const longest = 512;

/**
 * Declares a unique value inside an event definition. Compare as it should be compared: fold the case of an e-mail
 * address before you claim it.
 *
 * @param taken makes the domain's own error for a value that another stream holds.
 * @throws {RangeError} for an empty scope or value, or one over 512 characters: bound it in the event's schema.
 * @example
 * claims: ({ slug }) => [claim('tenancy.tenant.slug', slug, () => new SlugTaken(slug))]
 */
export function claim(scope: string, value: string, taken?: () => DomainError): Claim {
  for (const [name, text] of Object.entries({ scope, value })) {
    if (text.length === 0 || text.length > longest) {
      throw new RangeError(`The ${name} of a claim must have 1 to ${longest} characters, not ${text.length}`);
    }
  }
  return { scope, value, ...(taken && { taken }) };
}

/**
 * Declares a unique value that says something about a person, such as an e-mail address. It is kept as a keyed hash,
 * so that it stands on no disk in clear, and given back when the person is forgotten. All claims of a scope must be
 * personal, or none: a hash is never equal to a value in clear.
 *
 * @param of the subject's id, as the event's data has it, or `$stream` for the stream's id.
 * @throws {RangeError} as {@link claim} does.
 * @example
 * claims: ({ customerId, email }) => [
 *   personalClaim('shop.customer.email', email.toLowerCase(), customerId, () => new EmailTaken()),
 * ]
 */
export function personalClaim(scope: string, value: string, of: string, taken?: () => DomainError): Claim {
  return { ...claim(scope, value, taken), of };
}

/** What an append does to the claims of its stream: one entry per value, the last word of its events. */
export interface ClaimChanges {
  readonly taken: readonly Claim[];
  readonly released: readonly Claim[];
}

/**
 * Folds the claims of the events of one append. Of an event that both releases and claims a value, the claim counts.
 * Taken claims come sorted, so that two appends that want the same values wait for each other in one order
 * and cannot deadlock.
 */
export function foldClaims(
  events: Iterable<{ claims: readonly Claim[]; releases: readonly Claim[] }>,
): ClaimChanges {
  const last = new Map<string, { claim: Claim; taken: boolean }>();
  for (const { claims, releases } of events) {
    for (const claim of releases) last.set(keyOf(claim), { claim, taken: false });
    for (const claim of claims) last.set(keyOf(claim), { claim, taken: true });
  }
  const changes = [...last.values()];
  return {
    taken: inOrder(changes.filter(({ taken }) => taken).map(({ claim }) => claim)),
    released: inOrder(changes.filter(({ taken }) => !taken).map(({ claim }) => claim)),
  };
}

/** The order in which all appends take claims: two that want the same values wait for each other, and never in a circle. */
export function inOrder<C extends Claim>(claims: readonly C[]): C[] {
  return claims.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** What two claims of one value have in common. */
export function keyOf({ scope, value }: Claim): string {
  return `${scope}\n${value}`;
}
