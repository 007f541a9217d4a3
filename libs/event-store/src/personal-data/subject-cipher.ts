import { contextOf, open, seal } from './ciphers.js';
import { forgotten, type KeyRing } from './key-ring.js';
import {
  InvalidSubjectId,
  MasterKeyMissing,
  PersonalDataUnreadable,
  SubjectForgotten,
} from './personal-data.errors.js';
import type { PersonalDataCipher } from './personal-data-cipher.js';
import { isSubjectId } from './subject-id.js';
import type { Subject } from './subject-key.js';

/**
 * Encrypts what a library keeps about a person in tables of its own, such as the hash of their password, under the key
 * that their events are under: whoever forgets the person destroys it too. AES-256-GCM; see docs/personal-data.md.
 *
 * @example
 * const who = { tenantId, subject: userId };
 * const sealed = await cipher.seal(who, Buffer.from(hash), ['password']);
 * const hash = await cipher.open(who, sealed, ['password']);
 */
export class SubjectCipher {
  constructor(private readonly cipher: PersonalDataCipher) {}

  /**
   * Encrypts bytes under a person's key, which is made if they have none.
   *
   * @param place what else the bytes are bound to, such as table and column: elsewhere they do not open.
   * @throws {SubjectForgotten} {@link InvalidSubjectId} {@link MasterKeyMissing}
   */
  async seal(who: Subject, bytes: Buffer, place: readonly string[]): Promise<Buffer> {
    if (!isSubjectId(who.subject)) throw new InvalidSubjectId();
    const [key] = await this.keys.readOrMake([who]);
    if (key === undefined || key === forgotten) throw new SubjectForgotten();
    return seal(key, bytes, placeOf(who, place));
  }

  /**
   * The bytes that were encrypted. The key is asked for each time, with one round trip: how long that takes tells nobody
   * whether the person is known, or was here a moment ago.
   *
   * @returns undefined about somebody who was forgotten, or is unknown.
   * @throws {PersonalDataUnreadable} if they were changed, or sealed for another person or place.
   */
  async open(who: Subject, sealed: Buffer, place: readonly string[]): Promise<Buffer | undefined> {
    const key = await this.keys.readAnew(who);
    if (key === undefined || key === forgotten) return undefined;
    try {
      return open(key, sealed, placeOf(who, place));
    } catch (cause) {
      throw new PersonalDataUnreadable('What is kept about a person does not open', { cause });
    }
  }

  private get keys(): KeyRing {
    if (!this.cipher.ring) throw new MasterKeyMissing('A table about persons');
    return this.cipher.ring;
  }
}

function placeOf({ tenantId, subject }: Subject, place: readonly string[]): string {
  return contextOf('kept', tenantId.toLowerCase(), subject, ...place);
}
