import { createHmac, type KeyObject } from 'node:crypto';
import { keyObject, open, seal } from './ciphers.js';
import type { KeyProvider, WrappedKey } from './key-provider.js';
import { MasterKeyLost, MasterKeyUnusable, PersonalDataUnreadable } from './personal-data.errors.js';

/** Master keys in this process's memory: the first wraps, the others only unwrap what they wrapped before. */
export class MasterKeys implements KeyProvider {
  readonly currentKeyId: string;
  private readonly keys = new Map<string, KeyObject>();

  /**
   * @param texts each 32 random bytes as base64; the current key first.
   * @throws {MasterKeyUnusable} without repeating what it was given.
   */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const key = readKey(text);
      this.keys.set(idOf(key), key);
    }
    const [current] = this.keys.keys();
    if (current === undefined) throw new MasterKeyUnusable('There is no master key');
    this.currentKeyId = current;
  }

  async wrap(key: Buffer, context: Buffer): Promise<WrappedKey> {
    const bytes = seal(this.key(this.currentKeyId), key, context.toString('base64'));
    return { keyId: this.currentKeyId, bytes };
  }

  /**
   * @throws {MasterKeyLost} for a master key that is not here.
   * @throws {PersonalDataUnreadable} for what it did not wrap in this context.
   */
  async unwrap({ keyId, bytes }: WrappedKey, context: Buffer): Promise<Buffer> {
    const key = this.key(keyId);
    try {
      return open(key, bytes, context.toString('base64'));
    } catch (cause) {
      throw new PersonalDataUnreadable(`A key does not open under the master key ${keyId}`, { cause });
    }
  }

  private key(id: string): KeyObject {
    const key = this.keys.get(id);
    if (!key) throw new MasterKeyLost(id);
    return key;
  }
}

function readKey(text: string): KeyObject {
  const bytes = Buffer.from(text.trim(), 'base64');
  if (bytes.length !== 32) throw new MasterKeyUnusable('A master key must be 32 bytes as base64');
  // What people type when they mean to come back to it.
  if (new Set(bytes).size < 8) throw new MasterKeyUnusable('A master key must be random');
  return keyObject(bytes);
}

/** Tells keys apart, and tells nothing about them. */
function idOf(key: KeyObject): string {
  return createHmac('sha256', key).update('acci master key id').digest('hex').slice(0, 16);
}
