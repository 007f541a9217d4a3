import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes,
  randomFillSync,
  type KeyObject,
} from 'node:crypto';
import { PersonalDataUnreadable } from './personal-data.errors.js';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
// Told apart from whatever a later format looks like.
const format = 'acci1.';
// Lengths outlive the key: without padding they would tell `true` from `false`, or a short name from a long one.
const paddedTo = 32;

/** A new key, not yet wrapped. Random, 256 bits. */
export function newKey(): Buffer {
  return randomBytes(keyBytes);
}

// Drawn many at a time: asking for each by itself costs as much as the encryption.
const nonces = Buffer.alloc(nonceBytes * 256);
let nextNonce = nonces.length;

/** Random bytes that are handed out once. */
function newNonce(): Buffer {
  if (nextNonce === nonces.length) {
    randomFillSync(nonces);
    nextNonce = 0;
  }
  return nonces.subarray(nextNonce, (nextNonce += nonceBytes));
}

/**
 * Bytes under a key that nothing else opens: AES-256-GCM with a random nonce, bound to a context. One key is good for
 * 2³² of them, which no subject's or tenant's ever sees.
 */
export function seal(key: KeyObject, plain: Buffer | string, context: string): Buffer {
  const nonce = newNonce();
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(context));
  const sealed = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  // In this mode nothing is left to come.
  cipher.final();
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
}

/** @throws {Error} for another key, another context or changed bytes; which of them, nobody can tell. */
export function open(key: KeyObject, sealed: Buffer, context: string): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw new Error('Too short to be sealed');
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-tagBytes));
  const plain = decipher.update(sealed.subarray(nonceBytes, -tagBytes));
  // Throws if anything is wrong; until then nobody may look at it.
  decipher.final();
  return plain;
}

/** What a sealed value is bound to, without room for one context to read as another. */
export function contextOf(kind: string, ...parts: readonly (string | number)[]): string {
  return JSON.stringify([kind, ...parts]);
}

/** A key as the crypto library holds it: it shows itself in no log, and is wiped where the bytes came from. */
export function keyObject(bytes: Buffer): KeyObject {
  if (bytes.length !== keyBytes) throw new PersonalDataUnreadable('A key does not have 256 bits');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** A JSON value as it is stored in place of itself. */
export function sealValue(key: KeyObject, value: unknown, context: string): string {
  const plain = JSON.stringify(value);
  // JSON does not mind blanks behind a value.
  const blanks = (paddedTo - (Buffer.byteLength(plain) % paddedTo)) % paddedTo;
  return format + seal(key, plain + ' '.repeat(blanks), context).toString('base64url');
}

/** True for what {@link sealValue} could have made. */
export function isSealedValue(stored: unknown): stored is string {
  return typeof stored === 'string' && /^acci1\.[\w-]{38,}$/.test(stored);
}

/** @throws {PersonalDataUnreadable} for anything but what was stored under this key at this very place. */
export function openValue(key: KeyObject, stored: unknown, context: string): unknown {
  if (!isSealedValue(stored)) throw new PersonalDataUnreadable('A personal field is not encrypted');
  try {
    return JSON.parse(open(key, Buffer.from(stored.slice(format.length), 'base64url'), context).toString());
  } catch (cause) {
    throw new PersonalDataUnreadable(
      'A personal field does not open: it was changed or moved, or its key was',
      { cause },
    );
  }
}
