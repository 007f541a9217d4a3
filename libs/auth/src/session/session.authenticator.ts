import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Authenticator, Identity } from '../access/authenticator.js';
import { bearerToken } from '../access/bearer-token.js';
import { CredentialsInvalid } from '../auth.errors.js';
import { Impersonators } from '../impersonation/impersonators.js';
import { KnownSessions } from './known-sessions.js';
import { CredentialsAmbiguous } from './session.errors.js';
import { SessionCookies } from './session-cookies.js';
import { SessionSightings } from './session-sightings.js';
import { looksLikeSessionToken } from './session-token.js';

/**
 * Knows sessions: in `Authorization: Bearer` of programs, in the cookie of browsers. One round trip to the database, and
 * none for a session that was asked for within the last 750 ms.
 */
@Injectable()
export class SessionAuthenticator implements Authenticator {
  constructor(
    private readonly known: KnownSessions,
    private readonly cookies: SessionCookies,
    private readonly sightings: SessionSightings,
    private readonly impersonators: Impersonators,
  ) {}

  /**
   * @throws {CredentialsInvalid} for a token that is malformed, unknown, or of a session that has ended.
   * @throws {CredentialsAmbiguous} for a cookie beside an `Authorization` header, of whatever kind.
   * @throws {CrossSiteRequest} for what changes something with a cookie, without the session's CSRF token or from another
   *   site's page.
   */
  async authenticate(request: IncomingMessage): Promise<Identity | undefined> {
    const { authorization } = request.headers;
    const inCookie = this.cookies.tokenOf(request);
    if (inCookie === undefined) {
      const token = bearerToken(authorization);
      return token !== undefined && looksLikeSessionToken(token) ? this.identify(token, request) : undefined;
    }
    if (authorization !== undefined) throw new CredentialsAmbiguous();
    const identity = await this.identify(inCookie, request);
    this.cookies.assertNotForged(request, inCookie);
    return identity;
  }

  /**
   * Who has a session's token.
   *
   * @param request what it came in.
   * @throws {CredentialsInvalid}
   */
  async identify(token: string, request: IncomingMessage): Promise<Identity> {
    const session = await this.known.byToken(token);
    if (!session || !(await this.impersonators.stand(session, request))) throw new CredentialsInvalid();
    const { identity } = session;
    this.sightings.note(identity.tenantId, session);
    return identity;
  }
}
