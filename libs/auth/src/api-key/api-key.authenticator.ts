import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Recent } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import type { Authenticator, Identity } from '../access/authenticator.js';
import { bearerToken } from '../access/bearer-token.js';
import { CredentialsInvalid } from '../auth.errors.js';
import { ConfiguredOperatorKey } from '../operator-key/configured-operator-key.js';
import { permissionsOf } from '../permissions/permissions.js';
import { KeySecrets } from './key-secrets.js';
import { hashKeyText, type KeyAddress, parseKeyText } from './key-text.js';
import { LastUses } from './last-uses.js';

/**
 * Knows API keys in `Authorization: Bearer`. A key is read from the database once a second at most, in one round
 * trip, so that a revoked one is refused everywhere within a second.
 */
@Injectable()
export class ApiKeyAuthenticator implements Authenticator {
  // Looked up by the hash of the key: what timing tells about a hash does not help to make a key.
  private readonly recent = new Recent<Identity | undefined>({ ttlMs: 1_000, max: 10_000 });

  constructor(
    private readonly secrets: KeySecrets,
    private readonly lastUses: LastUses,
    private readonly configured: ConfiguredOperatorKey,
  ) {}

  /** @throws {CredentialsInvalid} for a key that is malformed, unknown, revoked or expired, without saying which. */
  async authenticate({ headers }: IncomingMessage): Promise<Identity | undefined> {
    const token = bearerToken(headers.authorization);
    if (token === undefined) return undefined;
    const identity = await this.identify(token);
    if (!identity || isOver(identity.expiresAt)) throw new CredentialsInvalid();
    return identity;
  }

  private identify(token: string): Promise<Identity | undefined> | undefined {
    const hash = hashKeyText(token);
    const question = hash.toString('base64');
    const known = this.recent.get(question);
    if (known) return known;
    // What is no key at all costs neither a read nor a place among the recent.
    const address = this.configured.addressOf(hash) ?? parseKeyText(token);
    return address && this.recent.keep(question, this.read(address, hash));
  }

  private async read(address: KeyAddress, hash: Buffer): Promise<Identity | undefined> {
    const secret = await this.secrets.find(address);
    if (!secret || !timingSafeEqual(secret.hash, hash) || isOver(secret.expiresAt)) return undefined;
    this.lastUses.note(address, secret.lastUsedAt);
    return {
      tenantId: address.tenantId,
      actor: `api_key:${address.keyId}`,
      permissions: permissionsOf(secret.permissions),
      expiresAt: secret.expiresAt ?? undefined,
    };
  }
}

function isOver(expiresAt: Date | null | undefined): boolean {
  return !!expiresAt && expiresAt.getTime() <= Date.now();
}
