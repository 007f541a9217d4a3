import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What a key's text says in the open: which key of which tenant it claims to be. */
export interface KeyAddress {
  readonly tenantId: string;
  readonly keyId: string;
}

// Base 62 rather than base64url: a key has neither `-` nor `_` inside its parts, so that a double click selects all of
// it and secret scanners can be given a pattern with a clear end.
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const lengths = { id: 22, secret: 43, checksum: 6 };
const secretBytes = 32;
const pattern = new RegExp(
  `^acci_([${alphabet}]{${lengths.id}})_([${alphabet}]{${lengths.id}})_[${alphabet}]{${lengths.secret}}_[${alphabet}]{${lengths.checksum}}$`,
);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Makes a new key with a random secret of 256 bits: `acci_<key>_<tenant>_<secret>_<checksum>`, 101 characters.
 *
 * Key and tenant are in the text so that one read of one row under that tenant's row-level security verifies it. The
 * checksum lets typing errors and made-up keys be refused without asking the database, and leaked keys be found in
 * source code with no false alarm.
 */
export function newKeyText({ tenantId, keyId }: KeyAddress): string {
  const secret = encode(BigInt(`0x${randomBytes(secretBytes).toString('hex')}`), lengths.secret);
  const body = `${keyPrefix(keyId)}_${encodeUuid(tenantId)}_${secret}`;
  return `${body}_${checksum(body)}`;
}

/** The beginning of a key's text, by which people tell their keys apart. It holds nothing secret. */
export function keyPrefix(keyId: string): string {
  return `acci_${encodeUuid(keyId)}`;
}

/**
 * Reads which key a text claims to be; undefined for a text that no key of ours can have. That it parses proves
 * nothing: everybody can compute a checksum.
 */
export function parseKeyText(text: string): KeyAddress | undefined {
  const [, key, tenant] = pattern.exec(text) ?? [];
  if (key === undefined || tenant === undefined) return undefined;
  const end = text.length - lengths.checksum;
  if (text.slice(end) !== checksum(text.slice(0, end - 1))) return undefined;
  const keyId = decodeUuid(key);
  const tenantId = decodeUuid(tenant);
  return keyId !== undefined && tenantId !== undefined ? { tenantId, keyId } : undefined;
}

/**
 * What is stored of a key: SHA-256 over its whole text. A slow password hash would only slow the server down, since
 * 256 random bits cannot be guessed at any speed.
 */
export function hashKeyText(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function checksum(body: string): string {
  return encode(BigInt(crc32(body)), lengths.checksum);
}

function encodeUuid(uuid: string): string {
  return encode(BigInt(`0x${uuid.replaceAll('-', '')}`), lengths.id);
}

function decodeUuid(digits: string): string | undefined {
  let value = 0n;
  for (const digit of digits) value = value * 62n + BigInt(alphabet.indexOf(digit));
  const hex = value.toString(16).padStart(32, '0');
  const text = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  // 22 digits can say more than 128 bits, and 128 bits need not be a UUID.
  return uuid.test(text) ? text : undefined;
}

function encode(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = alphabet.charAt(Number(rest % 62n)) + text;
  return text.padStart(length, '0');
}
