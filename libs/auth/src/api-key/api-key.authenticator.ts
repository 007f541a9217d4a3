import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { clientAddressOf } from '@acci/rest';
import { Recent } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import type { Authenticator, Identity } from '../access/authenticator.js';
import { basicCredentials } from '../access/basic-credentials.js';
import { bearerToken } from '../access/bearer-token.js';
import { isWithin } from '../address-range/address-range.js';
import { CredentialsInvalid } from '../auth.errors.js';
import { withEverybodys } from '../grant/everybody.js';
import { type Granted, Grants } from '../grant/grants.js';
import { grantsWithOwn } from '../grant/stored-grants.js';
import { ConfiguredOperatorKey } from '../operator-key/configured-operator-key.js';
import { intersection } from '../permissions/permissions.js';
import { type KeySecret, KeySecrets } from './key-secrets.js';
import { hashKeyText, type KeyAddress, parseKeyText } from './key-text.js';
import { LastUses } from './last-uses.js';

/** How OpenAPI describes keys in `Authorization: Basic`. */
export const apiKeyBasicScheme = {
  type: 'http',
  scheme: 'basic',
  description: 'An API key as user name, with an empty password.',
} as const;

/** A key that was found good, whoever shows it. */
interface KnownKey {
  readonly identity: Identity;
  /** When this secret of it ends: with the key, or with the overlap after a rotation. */
  readonly until: Date | undefined;
  /** Notes that it was used, for as long as it is remembered. */
  readonly used: () => void;
}

/**
 * Knows API keys in `Authorization: Bearer` and `Authorization: Basic`. A key is read from the database once a second at
 * most, in one round trip, so that a revoked one is refused everywhere within a second.
 */
@Injectable()
export class ApiKeyAuthenticator implements Authenticator {
  // Looked up by the hash of the key: what timing tells about a hash does not help to make a key.
  private readonly recent = new Recent<KnownKey | undefined>({ ttlMs: 1_000, max: 10_000 });

  constructor(
    private readonly secrets: KeySecrets,
    private readonly lastUses: LastUses,
    private readonly configured: ConfiguredOperatorKey,
    private readonly grants: Grants,
  ) {}

  /**
   * @throws {CredentialsInvalid} for a key that is unknown, revoked, expired, shown from an address that it is not good
   *   from, or whose owner is kept out, without saying which; and for Basic credentials that are no key.
   */
  async authenticate(request: IncomingMessage): Promise<Identity | undefined> {
    const { authorization } = request.headers;
    const basic = basicCredentials(authorization);
    const text = basic ? keyIn(basic) : bearerToken(authorization);
    if (text === undefined) return undefined;
    const asked = this.ask(text);
    // A Bearer token may be of another kind, for which another authenticator answers.
    if (!asked && !basic) return undefined;
    const key = await asked;
    if (!key || isOver(key.until) || !isGoodFrom(request, key.identity)) throw new CredentialsInvalid();
    key.used();
    return key.identity;
  }

  /** Undefined for what is no key of ours. */
  private ask(text: string): Promise<KnownKey | undefined> | undefined {
    const hash = hashKeyText(text);
    const question = hash.toString('base64');
    const known = this.recent.get(question);
    if (known) return known;
    // What is no key at all costs neither a read nor a place among the recent.
    const address = this.configured.addressOf(hash) ?? parseKeyText(text);
    return address && this.recent.keep(question, this.read(address, hash));
  }

  private async read(address: KeyAddress, hash: Buffer): Promise<KnownKey | undefined> {
    const secret = await this.secrets.find(address);
    const until = secret && endOf(secret, hash);
    if (!secret || until === null || isOver(until)) return undefined;
    const { tenantId, keyId } = address;
    const { expiresAt, addressRanges, owner } = secret;
    let noted = false;
    return {
      identity: {
        tenantId,
        actor: `api_key:${keyId}`,
        subject: { type: 'api_key', id: keyId },
        ...this.granted(secret, tenantId),
        ...(owner && { owner }),
        ...(expiresAt && { expiresAt }),
        ...(addressRanges.length > 0 && { addressRanges }),
      },
      until,
      used: () => {
        if (!noted) this.lastUses.note(address, secret.lastUsedAt);
        noted = true;
      },
    };
  }

  /** What the key may do: never more than its owner may by now, if it has one. */
  private granted({ permissions, grants, ownerHolds }: KeySecret, tenantId: string): Granted {
    const own = this.grants.from(grantsWithOwn(permissions, grants), tenantId);
    if (!ownerHolds) return own;
    const held = this.grants.from(grantsWithOwn(ownerHolds.permissions, ownerHolds.grants), tenantId);
    const limit = withEverybodys(held.permissions);
    return {
      permissions: intersection(own.permissions, limit),
      conditional: own.conditional?.map(({ condition, permissions: some }) => ({
        condition,
        permissions: intersection(some, limit) as ReadonlySet<string>,
      })),
    };
  }
}

/** The key as user name with no password, as password with no user name, or as both. */
function keyIn({ userName, password }: { readonly userName: string; readonly password: string }): string {
  const key = userName || password;
  if (password !== '' && password !== key) throw new CredentialsInvalid();
  return key;
}

/** When the secret with this hash ends; undefined if it does not, null if it is none of the key's. */
function endOf(secret: KeySecret, hash: Buffer): Date | undefined | null {
  const { expiresAt, previousHash, previousUntil } = secret;
  if (timingSafeEqual(secret.hash, hash)) return expiresAt ?? undefined;
  if (!previousHash || !previousUntil || !timingSafeEqual(previousHash, hash)) return null;
  return expiresAt && expiresAt < previousUntil ? expiresAt : previousUntil;
}

function isGoodFrom(request: IncomingMessage, { addressRanges }: Identity): boolean {
  return addressRanges === undefined || isWithin(clientAddressOf(request), addressRanges);
}

function isOver(end: Date | undefined): boolean {
  return end !== undefined && end.getTime() <= Date.now();
}
