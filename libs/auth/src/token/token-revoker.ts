import { Database } from '@acci/database';
import { Injectable } from '@nestjs/common';
import { AccessTokens } from './access-tokens.js';
import { ClientAssertions } from './client-assertions.js';
import { ServiceTokenAuthenticator } from './service-token.authenticator.js';
import type { ProvenClient } from './token-clients.js';

/** Takes access tokens back from whoever may have got hold of them, for the service accounts that they are of. */
@Injectable()
export class TokenRevoker {
  constructor(
    private readonly database: Database,
    private readonly tokens: AccessTokens,
    private readonly assertions: ClientAssertions,
    private readonly authenticator: ServiceTokenAuthenticator,
  ) {}

  /**
   * Makes a token worth nothing: here at once, in other processes within a second. What is no token of the client's changes
   * nothing, as to the client it is worth nothing already.
   *
   * @throws {ClientRefused} if the client's assertion was used before.
   */
  revoke({ client, assertion }: ProvenClient, token: string): Promise<void> {
    return this.database.inTenant(client.tenantId, async (tx) => {
      if (assertion) await this.assertions.use(tx, assertion);
      this.tokens.revoke(tx, client, token);
      tx.afterCommit(() => this.authenticator.forget(token));
    });
  }
}
