import { timingSafeEqual } from 'node:crypto';
import { TenantRefused, TenantStatus } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { basicCredentials } from '../access/basic-credentials.js';
import { hashSecret } from '../secret-text/secret-text.js';
import { type ClientAddress, parseClientId } from '../service-account/client-id.js';
import {
  clientSecrets,
  CredentialTable,
  type StoredAccount,
} from '../service-account/credentials/credential-table.js';
import { ClientAssertions, type ProvenAssertion } from './client-assertions.js';
import { ClientRefused, TokenRefused } from './token.errors.js';
import { assertionType, type ClientFields } from './token-request.js';

/** A client that has proved who it is. */
export interface ProvenClient {
  readonly client: ClientAddress;
  /** With what it did. */
  readonly credentialId: string;
  readonly account: StoredAccount;
  /** To be used up with the token that it is shown for. */
  readonly assertion?: ProvenAssertion;
}

/** Finds out which service account asks: `client_secret_basic`, `client_secret_post` or `private_key_jwt`. */
@Injectable()
export class TokenClients {
  constructor(
    private readonly credentials: CredentialTable,
    private readonly assertions: ClientAssertions,
    private readonly tenants: TenantStatus,
  ) {}

  /**
   * @param authorization the header, if there is one.
   * @throws {ClientRefused} also if its tenant is not served.
   * @throws {TokenRefused} `invalid_request` for more than one way at once.
   */
  async prove(authorization: string | undefined, form: ClientFields): Promise<ProvenClient> {
    const proven = await this.authenticate(authorization, form);
    await this.tenants.assertActive(proven.client.tenantId).catch((error: unknown) => {
      throw error instanceof TenantRefused ? new ClientRefused() : error;
    });
    return proven;
  }

  private async authenticate(authorization: string | undefined, form: ClientFields): Promise<ProvenClient> {
    const { client_id: clientId, client_secret: secret, client_assertion: assertion } = form;
    const ways = [authorization, secret, assertion].filter((way) => way !== undefined);
    if (ways.length > 1)
      throw new TokenRefused('invalid_request', 'The client authenticates in more than one way.');
    if (authorization !== undefined) return this.bySecret(ofBasic(authorization, clientId));
    if (assertion === undefined) return this.bySecret({ clientId, secret });
    if (form.client_assertion_type !== assertionType)
      throw new TokenRefused('invalid_request', `client_assertion_type must be ${assertionType}.`);
    const proven = await this.assertions.prove(assertion, clientId);
    return { client: proven.client, credentialId: proven.key.id, account: proven.key, assertion: proven };
  }

  private async bySecret({ clientId = '', secret = '' }: ClientPassword): Promise<ProvenClient> {
    const client = parseClientId(clientId);
    const address = clientSecrets.parse(secret);
    // What can be nobody's secret costs no read.
    if (!client || !address || address.tenantId !== client.tenantId) throw new ClientRefused();
    const stored = await this.credentials.findSecret(client, address.id);
    if (!stored || !timingSafeEqual(stored.hash, hashSecret(secret))) throw new ClientRefused();
    return { client, credentialId: address.id, account: stored };
  }
}

interface ClientPassword {
  readonly clientId?: string | undefined;
  readonly secret?: string | undefined;
}

/** Both parts are encoded as in a form (RFC 6749, section 2.3.1). @throws {ClientRefused} for what is not well formed. */
function ofBasic(authorization: string, inForm: string | undefined): ClientPassword {
  try {
    const basic = basicCredentials(authorization);
    if (!basic) throw new ClientRefused();
    const clientId = decodeField(basic.userName);
    if (inForm !== undefined && inForm !== clientId) throw new ClientRefused();
    return { clientId, secret: decodeField(basic.password) };
  } catch {
    throw new ClientRefused();
  }
}

function decodeField(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
