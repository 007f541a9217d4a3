import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What a secret's text says in the open: which secret of which tenant it claims to be. */
export interface SecretAddress {
  readonly tenantId: string;
  readonly id: string;
}

// Base 62 rather than base64url: a text has neither `-` nor `_` inside its parts, so that a double click selects all of
// it and secret scanners can be given a pattern with a clear end.
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const digitOf = Uint8Array.from({ length: 128 }, (_none, code) =>
  Math.max(0, alphabet.indexOf(String.fromCharCode(code))),
);
const limb = 2 ** 32;
const lengths = { id: 22, secret: 43, checksum: 6 };
const secretBytes = 32;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Texts of one kind of secret, with 256 random bits: `<prefix>_<id>_<tenant>_<secret>_<checksum>`.
 *
 * Id and tenant are in the text so that one read of one row under that tenant's row-level security verifies it. The
 * checksum lets typing errors and made-up texts be refused without asking the database, and leaked ones be found in
 * source code with no false alarm.
 *
 * @example
 * const tokens = new SecretText('accionce');
 * const text = tokens.make({ tenantId, id });
 * tokens.parse(text); // { tenantId, id }
 */
export class SecretText {
  private readonly pattern: RegExp;

  /** @param prefix letters that no other kind has; it is never changed, or no text that is out would be known. */
  constructor(private readonly prefix: string) {
    this.pattern = new RegExp(
      `^${prefix}_([${alphabet}]{${lengths.id}})_([${alphabet}]{${lengths.id}})_[${alphabet}]{${lengths.secret}}_[${alphabet}]{${lengths.checksum}}$`,
    );
  }

  /** A new text with a random secret. */
  make({ tenantId, id }: SecretAddress): string {
    const secret = encode(BigInt(`0x${randomBytes(secretBytes).toString('hex')}`), lengths.secret);
    const body = `${this.beginningOf(id)}_${encodeUuid(tenantId)}_${secret}`;
    return `${body}_${checksum(body)}`;
  }

  /** The beginning of a text, by which people tell theirs apart. It holds nothing secret. */
  beginningOf(id: string): string {
    return `${this.prefix}_${encodeUuid(id)}`;
  }

  /**
   * Reads which secret a text claims to be; undefined for one that cannot be of this kind. That it parses proves
   * nothing: everybody can compute a checksum.
   */
  parse(text: string): SecretAddress | undefined {
    const [, own, tenant] = this.pattern.exec(text) ?? [];
    if (own === undefined || tenant === undefined) return undefined;
    const end = text.length - lengths.checksum;
    if (text.slice(end) !== checksum(text.slice(0, end - 1))) return undefined;
    const id = decodeUuid(own);
    const tenantId = decodeUuid(tenant);
    return id !== undefined && tenantId !== undefined ? { tenantId, id } : undefined;
  }
}

/**
 * What is stored of a secret: SHA-256 over its whole text. A slow password hash would only slow the server down, since
 * 256 random bits cannot be guessed at any speed.
 */
export function hashSecret(text: string): Buffer {
  // One byte a character: twice as fast as to have the buffer made there.
  return Buffer.from(hash('sha256', text, 'binary'), 'binary');
}

function checksum(body: string): string {
  let text = '';
  for (let rest = crc32(body); text.length < lengths.checksum; rest = Math.floor(rest / 62))
    text = alphabet.charAt(rest % 62) + text;
  return text;
}

function encodeUuid(uuid: string): string {
  return encode(BigInt(`0x${uuid.replaceAll('-', '')}`), lengths.id);
}

/** In limbs of 32 bits, as every request with a token comes here: with a BigInt it takes several times as long. */
function decodeUuid(digits: string): string | undefined {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let place = 0; place < digits.length; place += 1) {
    let rest = d * 62 + (digitOf[digits.charCodeAt(place)] as number);
    d = rest >>> 0;
    rest = c * 62 + Math.floor(rest / limb);
    c = rest >>> 0;
    rest = b * 62 + Math.floor(rest / limb);
    b = rest >>> 0;
    a = a * 62 + Math.floor(rest / limb);
  }
  const [second, third] = [hexOf(b), hexOf(c)];
  const text = `${hexOf(a)}-${second.slice(0, 4)}-${second.slice(4)}-${third.slice(0, 4)}-${third.slice(4)}${hexOf(d)}`;
  // 22 digits can say more than 128 bits, and 128 bits need not be a UUID.
  return uuid.test(text) ? text : undefined;
}

function hexOf(part: number): string {
  return part.toString(16).padStart(8, '0');
}

function encode(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = alphabet.charAt(Number(rest % 62n)) + text;
  return text.padStart(length, '0');
}
