import type { IncomingMessage } from 'node:http';
import { type AnyRequest, type AnyResponse, rawRequest, rawResponse } from '@acci/rest';
import { Inject, Injectable } from '@nestjs/common';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';
import { CredentialsInvalid } from '../auth.errors.js';
import { assertNotForged, assertSameSite } from './csrf.js';
import type { StartedSession } from './sessions.js';

/** The cookie of a session. Browsers take the prefix only with Secure, with Path=/ and without Domain. */
export const sessionCookie = '__Host-acci_session';
/** Its name in development, over plain http, where browsers would not take the other one. */
export const developmentSessionCookie = 'acci_session';

/** How OpenAPI describes the cookie. */
export const sessionCookieScheme = {
  type: 'apiKey',
  in: 'cookie',
  name: sessionCookie,
  description:
    'A session in a browser, as `POST /v1/auth/login` with `"as": "cookie"` sets it. Scripts cannot: nothing has to be filled in here.',
} as const;

/** How OpenAPI describes what goes with the cookie. */
export const csrfTokenScheme = {
  type: 'apiKey',
  in: 'header',
  name: 'X-CSRF-Token',
  description:
    'What the login, or `GET /v1/auth/session`, answered as `csrfToken`: with the cookie, whatever changes something needs it.',
} as const;

/**
 * Sessions of browsers, in a cookie that no script reads: set at login, cleared at logout.
 *
 * @example
 * cookies.assertSameSite(request);
 * const started = await logIn(body);
 * cookies.set(response, started);
 * return { csrfToken: csrfTokenOf(started.token) };
 */
@Injectable()
export class SessionCookies {
  /** As it is called here. */
  readonly name: string;
  private readonly attributes: string;
  private readonly pages: readonly RegExp[];

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) { publicUrl, insecureCookies = false, origins = [] }: AuthModuleOptions,
  ) {
    this.name = insecureCookies ? developmentSessionCookie : sessionCookie;
    this.attributes = `Path=/; HttpOnly; SameSite=Lax${insecureCookies ? '' : '; Secure'}`;
    const urls = publicUrl === undefined ? origins : [publicUrl, ...origins];
    this.pages = urls.map(originPattern).filter((page) => page !== undefined);
  }

  /** Gives a browser its session. It keeps it until it is closed, or the session ends. */
  set(response: AnyResponse, { token, session }: StartedSession): void {
    this.append(response, `${token}; Expires=${session.expiresAt.toUTCString()}`);
  }

  /** Gives a browser the new token of its session. */
  renew(response: AnyResponse, token: string, expiresAt: Date): void {
    this.append(response, `${token}; Expires=${expiresAt.toUTCString()}`);
  }

  /** Takes it away. */
  clear(response: AnyResponse): void {
    this.append(response, '; Max-Age=0');
  }

  /**
   * Refuses what another site's page had a browser send. For a login that sets the cookie: nobody is to be logged in, as
   * somebody else, without having asked for it.
   *
   * @throws {CrossSiteRequest}
   */
  assertSameSite(request: AnyRequest): void {
    assertSameSite(rawRequest(request), (origin) => this.isOwn(origin));
  }

  /**
   * The token in a request's cookie; undefined without one.
   *
   * @throws {CredentialsInvalid} if there are several: of which one a proxy has judged, and which one some other host of the
   *   domain has put there, nobody can tell.
   */
  tokenOf(request: IncomingMessage): string | undefined {
    const tokens = this.tokensOf(request);
    if (tokens.length > 1) throw new CredentialsInvalid();
    return tokens[0];
  }

  /** The tokens of all that the request sends under the cookie's name. */
  tokensOf({ headers: { cookie } }: IncomingMessage): string[] {
    if (cookie === undefined || !cookie.includes(this.name)) return [];
    return cookie
      .split(';')
      .map((pair) => pair.split('=').map(withoutBlanks))
      .filter(([name]) => name === this.name)
      .map(([, ...value]) => value.join('='));
  }

  /**
   * Refuses a request that comes with the cookie, but not from a page of ours.
   *
   * @throws {CrossSiteRequest}
   */
  assertNotForged(request: IncomingMessage, token: string): void {
    assertNotForged(request, token, (origin) => this.isOwn(origin));
  }

  private isOwn(origin: string): boolean {
    return this.pages.some((page) => page.test(origin));
  }

  private append(response: AnyResponse, value: string): void {
    rawResponse(response).appendHeader('Set-Cookie', `${this.name}=${value}; ${this.attributes}`);
  }
}

/**
 * Only what is a blank to browsers too. `trim` knows more of them, and to a browser `\u00a0__Host-…` is another name, which
 * every host of the domain may set.
 */
function withoutBlanks(text: string): string {
  return text.replaceAll(/^[ \t]+|[ \t]+$/g, '');
}

/** Each tenant may have its pages on a host of its own: `https://{tenant}.example.com`. */
function originPattern(url: string): RegExp | undefined {
  const slug = 'xtenantx';
  const example = URL.parse(url.replaceAll('{tenant}', slug));
  if (!example) return undefined;
  const literal = example.origin.replaceAll(/[.[\]]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll(slug, '[a-z0-9-]+')}$`);
}
