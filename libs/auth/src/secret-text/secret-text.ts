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
