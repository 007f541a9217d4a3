import { createHmac, type KeyObject } from 'node:crypto';
import type { Claim } from '../event/claim.js';
import type { PersonalRow } from '../store/decoding.js';
import type { PreparedAppend } from '../store/prepare-append.js';
import { contextOf } from './ciphers.js';
import { PersonalValueExposed } from './personal-data.errors.js';
import { personalFieldsOf } from './personal-fields.js';
import { personalValues } from './personal-values.js';

/** True if a unique value of the append is a person's. */
export function hasPersonalClaims({ claims: { taken, released } }: PreparedAppend): boolean {
  return taken.some(ofPerson) || released.some(ofPerson);
}

function ofPerson({ of }: Claim): boolean {
  return of !== undefined;
}

/** A person's unique value as a keyed hash, with whose it is; others as they are. */
export function hashed(claim: Claim, streamId: string, key: KeyObject): Claim {
  if (claim.of === undefined) return claim;
  const hash = createHmac('sha256', key).update(contextOf('claim', claim.scope, claim.value));
  const of = claim.of === '$stream' ? streamId : claim.of;
  return { ...claim, of, value: hash.digest('base64url') };
}

/**
 * A value that stands in a personal field, and nowhere in clear, would be on the disk by a claim or tag alone.
 *
 * @throws {PersonalValueExposed}
 */
export function refuseClearCopies(
  { streamType, claims, events }: PreparedAppend,
  rows: readonly PersonalRow[],
  sealed: readonly { readonly json: string }[],
): void {
  const copies = claims.taken
    .filter((claim) => !ofPerson(claim))
    .map(({ scope, value }) => ({ as: scope, value }));
  for (const { tags } of events)
    for (const tag of tags) {
      const colon = tag.indexOf(':');
      copies.push({ as: tag.slice(0, colon), value: tag.slice(colon + 1) });
    }
  if (copies.length === 0) return;
  const secret = new Set(
    rows.flatMap(({ definition, data, streamId }) =>
      personalValues(personalFieldsOf(definition.schema), data, streamId).map(({ holder, key }) =>
        String(holder[key]).toLowerCase(),
      ),
    ),
  );
  const clear = sealed.map(({ json }) => json.toLowerCase()).join('\n');
  for (const { as, value } of copies) {
    const folded = value.toLowerCase();
    if (secret.has(folded) && !clear.includes(folded)) throw new PersonalValueExposed(streamType, as);
  }
}
