import { calculateJwkThumbprint, importJWK, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';
import { PublicKeyUnusable } from '../service-account.errors.js';

/** How many bits an RSA key has at least. */
const leastRsaBits = 2_048;
/** And its public exponent. With 1, say, everybody could sign; very large ones take long to verify. */
const usualRsaExponent = 65_537;

/** What only a private key has, or a secret one. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** A `kid` that can be a public key's. */
export const keyIdPattern = /^[\x20-\x7e]{1,200}$/;

const coordinate = z.base64url().max(1_024);

/** A public key as JWK (RFC 7517). Members that are not named are ignored, but for those of a private key. */
export const PublicKeyJwk = z
  .looseObject({
    kty: z.enum(['RSA', 'EC', 'OKP']),
    crv: z.enum(['P-256', 'P-384', 'Ed25519']).optional(),
    x: coordinate.optional(),
    y: coordinate.optional(),
    n: coordinate.optional(),
    e: coordinate.optional(),
    kid: z.string().regex(keyIdPattern, 'must be 1 to 200 visible ASCII characters').optional(),
    alg: z.string().max(20).optional(),
    use: z.literal('sig').optional(),
  })
  .refine(
    (jwk) => !privateMembers.some((member) => Object.hasOwn(jwk, member)),
    'must be the public key only: this is a private one, which nobody else must ever see; make another',
  )
  .meta({
    id: 'PublicKeyJwk',
    description:
      'A public key as JWK (RFC 7517) for RS256, PS256 (2048 bits at least, public exponent 65537), ES256, ES384 or Ed25519. `kid` is how assertions name it; the RFC 7638 thumbprint, if left out.',
    examples: [
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
        kid: 'nightly-export-2026',
      },
    ],
  });
export type PublicKeyJwk = z.output<typeof PublicKeyJwk>;

/** A public key that assertions can be verified with. */
export interface VerificationKey {
  /** Its `kid`, or its thumbprint. */
  readonly keyId: string;
  readonly jwk: JWK;
}

/**
 * The key, with nothing but what is needed of it.
 *
 * @throws {PublicKeyUnusable} for one that is no such key, or a weak one.
 */
export async function verificationKey(given: PublicKeyJwk): Promise<VerificationKey> {
  const { kty, crv, x, y, n, e, kid, alg } = given;
  const members = Object.entries({ kty, crv, x, y, n, e, alg }).filter(([, value]) => value !== undefined);
  const jwk = Object.fromEntries(members) as JWK;
  const [algorithm] = algorithmsOf(jwk);
  if (!algorithm) throw new PublicKeyUnusable('must be for RS256, PS256, ES256, ES384 or Ed25519');
  const key = await importJWK(jwk, algorithm).catch(() => undefined);
  if (!key || key instanceof Uint8Array) throw new PublicKeyUnusable('must be a public key');
  const { modulusLength = leastRsaBits, publicExponent } = key.algorithm as RsaAlgorithm;
  if (modulusLength < leastRsaBits) throw new PublicKeyUnusable(`must have ${leastRsaBits} bits at least`);
  if (publicExponent && !isUsualExponent(publicExponent))
    throw new PublicKeyUnusable(`must have the public exponent ${usualRsaExponent}`);
  return { keyId: kid ?? (await calculateJwkThumbprint(jwk)), jwk };
}

interface RsaAlgorithm {
  readonly modulusLength?: number;
  readonly publicExponent?: Uint8Array;
}

function isUsualExponent(bytes: Uint8Array): boolean {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`) === BigInt(usualRsaExponent);
}

/**
 * The algorithms that signatures of this key may use: never one that the signature alone could choose, such as HMAC with
 * the public key as its secret, or none.
 */
export function algorithmsOf({ kty, crv, alg }: JWK): readonly string[] {
  const possible = kty === 'RSA' ? ['RS256', 'PS256'] : (crv !== undefined && byCurve[`${kty} ${crv}`]) || [];
  return alg === undefined ? possible : possible.filter((one) => one === alg);
}

const byCurve: Readonly<Record<string, readonly string[]>> = {
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'OKP Ed25519': ['Ed25519', 'EdDSA'],
};

/** The key for an algorithm of {@link algorithmsOf}. */
export function importKey(jwk: JWK, algorithm: string): Promise<CryptoKey> {
  return importJWK(jwk, algorithm) as Promise<CryptoKey>;
}
