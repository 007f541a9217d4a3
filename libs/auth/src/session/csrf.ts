import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CrossSiteRequest } from './session.errors.js';

/** The header that a page of ours sends along, and that no other site's page can know. */
const csrfHeader = 'x-csrf-token';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The CSRF token of a session in a cookie: an HMAC under the session's own token, so that it needs no store and no key, is
 * another for each session, and tells nothing about it.
 */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('acci csrf').digest('base64url');
}

/**
 * Refuses what another site's page had a browser send.
 *
 * @param isOwn tells of an origin whether pages of ours come from there, beside those of the host that is asked.
 * @throws {CrossSiteRequest}
 */
export function assertSameSite({ headers }: IncomingMessage, isOwn: (origin: string) => boolean): void {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && isOwn(origin)) return;
  // A browser that says it knows better than we do, as it knows the scheme and what was asked of a proxy before us.
  const same = site === undefined ? origin === undefined || isHost(origin, host) : site === 'same-origin';
  if (!same) throw new CrossSiteRequest();
}

/**
 * As {@link assertSameSite}, and that the sender knows the session's CSRF token; nothing for methods that change nothing.
 *
 * @throws {CrossSiteRequest}
 */
export function assertNotForged(
  request: IncomingMessage,
  sessionToken: string,
  isOwn: (origin: string) => boolean,
): void {
  if (safe.has(request.method ?? '')) return;
  assertSameSite(request, isOwn);
  const shown = Buffer.from(String(request.headers[csrfHeader] ?? ''));
  const expected = Buffer.from(csrfTokenOf(sessionToken));
  if (shown.length !== expected.length || !timingSafeEqual(shown, expected)) throw new CrossSiteRequest();
}

function isHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
