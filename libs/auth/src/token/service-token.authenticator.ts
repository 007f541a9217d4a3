import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Recent } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import type { Authenticator, Identity } from '../access/authenticator.js';
import { bearerToken } from '../access/bearer-token.js';
import { CredentialsInvalid } from '../auth.errors.js';
import { Grants } from '../grant/grants.js';
import { grantsWithOwn } from '../grant/stored-grants.js';
import { intersection, permissionsOf } from '../permissions/permissions.js';
import { hashSecret } from '../secret-text/secret-text.js';
import { AccessTokens } from './access-tokens.js';

/**
 * Knows access tokens of service accounts in `Authorization: Bearer`. A token is read from the database once a second at
 * most, in one round trip, so that one whose account was disabled is refused everywhere within a second.
 */
@Injectable()
export class ServiceTokenAuthenticator implements Authenticator {
  // Looked up by the hash of the token: what timing tells about a hash does not help to make a token.
  private readonly recent = new Recent<Identity | undefined>({ ttlMs: 1_000, max: 10_000 });

  constructor(
    private readonly tokens: AccessTokens,
    private readonly grants: Grants,
  ) {}

  /** @throws {CredentialsInvalid} for an access token that is not good, without saying why. */
  async authenticate({ headers }: IncomingMessage): Promise<Identity | undefined> {
    const text = bearerToken(headers.authorization);
    const address = text === undefined ? undefined : this.tokens.addressOf(text);
    if (text === undefined || !address) return undefined;
    const hash = hashSecret(text);
    const identity = await this.recent.ask(questionOf(hash), () => this.read(address, hash));
    if (!identity?.expiresAt || identity.expiresAt.getTime() <= Date.now()) throw new CredentialsInvalid();
    return identity;
  }

  /** Lets go of what is known of a token that was taken back. */
  forget(text: string): void {
    this.recent.forget(questionOf(hashSecret(text)));
  }

  private async read(
    { tenantId, id }: { readonly tenantId: string; readonly id: string },
    hash: Buffer,
  ): Promise<Identity | undefined> {
    const token = await this.tokens.find(tenantId, id);
    if (!token || !timingSafeEqual(token.hash, hash)) return undefined;
    const { accountId, scope, expiresAt } = token;
    const { permissions } = this.grants.from(grantsWithOwn(token.permissions, token.grants), tenantId);
    return {
      tenantId,
      actor: `service_account:${accountId}`,
      subject: { type: 'service_account', id: accountId },
      // What holds for some objects only is not within what a scope can name.
      permissions: intersection(permissionsOf(scope), permissions),
      expiresAt,
    };
  }
}

function questionOf(hash: Buffer): string {
  return hash.toString('base64');
}
