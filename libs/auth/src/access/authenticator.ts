import type { IncomingMessage } from 'node:http';
import type { RequestIdentity } from '@acci/rest';
import { CredentialsInvalid, CredentialsMissing } from '../auth.errors.js';
import type { ConditionalGrant } from '../grant/grants.js';

/** Somebody whose credentials end with them. */
export interface CredentialOwner {
  readonly type: 'user' | 'service_account';
  /** Their id in the tenant. */
  readonly id: string;
}

/** Who is asking, and until when what they showed is good. */
export interface Identity extends RequestIdentity {
  /** Whose credentials they are, by their id in the tenant. */
  readonly subject?:
    { readonly type: 'user' | 'api_key' | 'service_account'; readonly id: string } | undefined;
  /** Of a guest, the tenant above whose user they are; `tenantId` is the one that they act in. */
  readonly homeTenantId?: string | undefined;
  /** What they may do on some objects only, in the words of their roles' conditions. */
  readonly conditional?: readonly ConditionalGrant[] | undefined;
  /** Whose key it is, which dies with them; undefined for whoever is no key, and for a key that is nobody's. */
  readonly owner?: CredentialOwner | undefined;
  /** The session that they are of. */
  readonly sessionId?: string | undefined;
  /** The platform's operator who acts here in truth, and why. Such a one makes no credentials: see `docs/auth`. */
  readonly impersonator?: { readonly actor: string; readonly reason: string } | undefined;
  /** When the credentials end; undefined if they do not. No key can make another that outlives it. */
  readonly expiresAt?: Date | undefined;
  /** The networks that the credentials are bound to; undefined if they are good from anywhere. */
  readonly addressRanges?: readonly string[] | undefined;
}

/**
 * Knows one kind of credentials: API keys here, sessions or client certificates elsewhere. A published extension
 * point; {@link Authenticators.add} makes one known.
 *
 * @example
 * class CertificateAuthenticator implements Authenticator {
 *   async authenticate(request: IncomingMessage): Promise<Identity | undefined> {
 *     const subject = request.headers['x-client-subject'];
 *     return subject === undefined ? undefined : this.identityOf(subject);
 *   }
 * }
 */
export interface Authenticator {
  /**
   * @returns undefined if the request carries no credentials of this kind; the next authenticator is asked then.
   * @throws {CredentialsInvalid} if it does and they are not good, whatever the reason.
   */
  authenticate(request: IncomingMessage): Promise<Identity | undefined>;
}

/**
 * Everything that can tell who is asking, in the order in which it was added.
 *
 * @example
 * class SessionsModule implements OnModuleInit {
 *   onModuleInit() {
 *     this.authenticators.add(this.sessions);
 *   }
 * }
 */
export class Authenticators {
  private readonly authenticators: Authenticator[];

  constructor(authenticators: readonly Authenticator[] = []) {
    this.authenticators = [...authenticators];
  }

  /** Makes one more kind of credentials known. */
  add(authenticator: Authenticator): void {
    this.authenticators.push(authenticator);
  }

  /**
   * @throws {CredentialsMissing} if there are no credentials.
   * @throws {CredentialsInvalid} if there are some and they are not good.
   */
  async authenticate(request: IncomingMessage): Promise<Identity> {
    assertOneAuthorization(request);
    for (const authenticator of this.authenticators) {
      const identity = await authenticator.authenticate(request);
      if (identity) return identity;
    }
    throw request.headers.authorization === undefined ? new CredentialsMissing() : new CredentialsInvalid();
  }
}

/**
 * Refuses several `Authorization` headers: Node keeps the first, and a proxy before us may have judged the last.
 *
 * @throws {CredentialsInvalid}
 */
export function assertOneAuthorization({ headers, rawHeaders }: IncomingMessage): void {
  if (headers.authorization === undefined) return;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 'authorization'.length && name.toLowerCase() === 'authorization') count += 1;
  }
  if (count > 1) throw new CredentialsInvalid();
}
