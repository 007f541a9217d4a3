import { hashSecret, SecretText } from '../secret-text/secret-text.js';

/** What a key's text says in the open: which key of which tenant it claims to be. */
export interface KeyAddress {
  readonly tenantId: string;
  readonly keyId: string;
}

const texts = new SecretText('acci');

/** Makes a new key with a random secret of 256 bits: `acci_<key>_<tenant>_<secret>_<checksum>`, 101 characters. */
export function newKeyText({ tenantId, keyId }: KeyAddress): string {
  return texts.make({ tenantId, id: keyId });
}

/** The beginning of a key's text, by which people tell their keys apart. It holds nothing secret. */
export function keyPrefix(keyId: string): string {
  return texts.beginningOf(keyId);
}

/** Reads which key a text claims to be; undefined for a text that no key of ours can have. It proves nothing. */
export function parseKeyText(text: string): KeyAddress | undefined {
  const address = texts.parse(text);
  return address && { tenantId: address.tenantId, keyId: address.id };
}

/** What is stored of a key. */
export function hashKeyText(text: string): Buffer {
  return hashSecret(text);
}
