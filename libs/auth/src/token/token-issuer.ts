import { Database } from '@acci/database';
import { Injectable } from '@nestjs/common';
import { Grants } from '../grant/grants.js';
import { grantsWithOwn } from '../grant/stored-grants.js';
import { AccessTokens, accessTokenSeconds } from './access-tokens.js';
import { ClientAssertions } from './client-assertions.js';
import { permissionsOfScope } from './scope.js';
import type { ProvenClient } from './token-clients.js';
import { ClientRefused } from './token.errors.js';

/** A token as RFC 6749 answers it (section 5.1). */
export interface IssuedToken {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  /** What it is good for: permissions, separated by spaces. */
  readonly scope: string;
}

/** Gives access tokens to service accounts that have proved who they are. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly database: Database,
    private readonly grants: Grants,
    private readonly tokens: AccessTokens,
    private readonly assertions: ClientAssertions,
  ) {}

  /**
   * @param scope undefined for all that the account holds.
   * @throws {ClientRefused} if its assertion was used before, or it was disabled just now.
   * @throws {TokenRefused} `invalid_scope`
   */
  async issue(
    { client, credentialId, account, assertion }: ProvenClient,
    scope: string | undefined,
  ): Promise<IssuedToken> {
    const { tenantId } = client;
    const { permissions } = this.grants.from(grantsWithOwn(account.permissions, account.grants), tenantId);
    const granted = permissionsOfScope(scope, permissions);
    const token = await this.database.inTenant(tenantId, async (tx) => {
      if (assertion) await this.assertions.use(tx, assertion);
      return this.tokens.issue(tx, { ...client, credentialId, scope: granted });
    });
    if (token === undefined) throw new ClientRefused();
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      scope: granted.join(' '),
    };
  }
}
