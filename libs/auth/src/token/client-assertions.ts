import { prepared, type Transaction } from '@acci/database';
import { Inject, Injectable } from '@nestjs/common';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';
import { hashSecret } from '../secret-text/secret-text.js';
import { type ClientAddress, parseClientId } from '../service-account/client-id.js';
import { type ClientKey, CredentialTable } from '../service-account/credentials/credential-table.js';
import { algorithmsOf, importKey, keyIdPattern } from '../service-account/credentials/public-key.js';
import { ClientRefused } from './token.errors.js';

/** How far the clocks of client and server may be apart, in seconds. */
const clockSkewSeconds = 30;
/** How long an assertion is good at most, in seconds: its id is remembered for so long. */
const longestAssertionSeconds = 600;

const longestId = 500;

/** An assertion that was signed with a key of the client. */
export interface ProvenAssertion {
  readonly client: ClientAddress;
  readonly key: ClientKey;
  readonly id: string;
  readonly expiresAt: Date;
}

const purge = prepared(`
  delete from acci.service_account_assertions
   where tenant_id = $1::uuid
     and (account_id, id_hash) in (select account_id, id_hash from acci.service_account_assertions
                                    where tenant_id = $1::uuid and expires_at < now()
                                    limit 1000 for update skip locked)`);
const use = prepared(`
  insert into acci.service_account_assertions (tenant_id, account_id, id_hash, expires_at)
  values ($1::uuid, $2::uuid, $3, $4)
  on conflict do nothing
  returning true as first`);

/** The assertions by which clients prove who they are (`private_key_jwt`; RFC 7521, RFC 7523). */
@Injectable()
export class ClientAssertions {
  private readonly audiences: readonly string[];

  constructor(
    private readonly credentials: CredentialTable,
    @Inject(MODULE_OPTIONS_TOKEN) { apiUrl = 'http://localhost:3000' }: AuthModuleOptions,
  ) {
    const base = apiUrl.replace(/\/+$/, '');
    // Configured, and never made of the request's host: an assertion for another server would be good here.
    this.audiences = [base, `${base}/v1/auth/token`];
  }

  /**
   * Whose assertion it is, if it is good. It may have been used before: see {@link use}.
   *
   * @param clientId the `client_id` of the request, if it has one.
   * @throws {ClientRefused}
   */
  async prove(assertion: string, clientId: string | undefined): Promise<ProvenAssertion> {
    const { alg = '', kid, sub = '' } = claimsOf(assertion);
    const client = parseClientId(sub);
    if (!client || (clientId !== undefined && clientId !== sub)) throw new ClientRefused();
    for (const key of await this.credentials.findKeys(client, kid)) {
      const payload = algorithmsOf(key.publicKey).includes(alg)
        ? await this.verified(assertion, key, alg, sub)
        : undefined;
      if (payload) return { client, key, ...usable(payload) };
    }
    throw new ClientRefused();
  }

  /**
   * Uses an assertion up: of those who show the same one at the same time one succeeds, if and when their transaction
   * commits.
   *
   * @throws {ClientRefused}
   */
  async use(tx: Transaction, { client, id, expiresAt }: ProvenAssertion): Promise<void> {
    const { tenantId, accountId } = client;
    tx.execute(purge, [tenantId]);
    // Good until half a minute after its end, by the clock of this process; what is past is for the database's to say.
    const until = new Date(expiresAt.getTime() + 2 * clockSkewSeconds * 1_000);
    const [first] = await tx.query(use, [tenantId, accountId, hashSecret(id), until]);
    if (!first) throw new ClientRefused();
  }

  /** What the assertion says, if this key signed it and it is for us, now. */
  private async verified(
    assertion: string,
    { publicKey }: ClientKey,
    alg: string,
    subject: string,
  ): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(assertion, await importKey(publicKey, alg), {
        algorithms: [alg],
        issuer: subject,
        subject,
        audience: [...this.audiences],
        clockTolerance: clockSkewSeconds,
        requiredClaims: ['exp', 'jti'],
      });
      return payload;
    } catch {
      return undefined;
    }
  }
}

/** @throws {ClientRefused} for an assertion that is meant for others as well, good for long, or without a usable id. */
function usable({ aud, exp = 0, jti = '' }: JWTPayload): { readonly id: string; readonly expiresAt: Date } {
  const latest = Date.now() / 1_000 + longestAssertionSeconds + clockSkewSeconds;
  // Whoever else it is meant for could show it here.
  const oursAlone = typeof aud === 'string' || aud?.length === 1;
  if (!oursAlone || exp > latest || typeof jti !== 'string' || jti === '' || jti.length > longestId)
    throw new ClientRefused();
  return { id: jti, expiresAt: new Date(exp * 1_000) };
}

/** What an assertion claims, which proves nothing yet. @throws {ClientRefused} for what is no JWT. */
function claimsOf(assertion: string): {
  alg?: string | undefined;
  kid?: string | undefined;
  sub?: string | undefined;
} {
  try {
    const { alg, kid } = decodeProtectedHeader(assertion);
    const { sub } = decodeJwt(assertion);
    if (kid !== undefined && !keyIdPattern.test(kid)) throw new ClientRefused();
    return { alg, kid, sub: typeof sub === 'string' ? sub : undefined };
  } catch {
    throw new ClientRefused();
  }
}
