import type { LinkPurpose } from './one-time-tokens.js';

/**
 * Where the link with each kind of token leads to. The front end is somebody else's: it takes the token from there, asks
 * for whatever else is needed, and sends both to the API.
 *
 * @example
 * const links: Partial<LinkTargets> = { password_reset: 'https://{tenant}.example.com/new-password#{token}' };
 */
export type LinkTargets = Readonly<Record<LinkPurpose, string>>;

// Behind `#` the token stays with the browser: it gets into no log of a server or proxy, and into no Referer header.
const defaults: LinkTargets = {
  invitation: '/accept-invitation#token={token}',
  registration: '/confirm-registration#token={token}',
  email_change: '/confirm-email#token={token}',
  password_reset: '/reset-password#token={token}',
  set_up: '/set-up#token={token}',
};

/** A link could not be made as it is set up. Thrown at boot. */
export class LinkTargetInvalid extends Error {
  override readonly name = 'LinkTargetInvalid';
  readonly code = 'auth.link_target.invalid';

  constructor(purpose: string, reason: string) {
    super(`The link for ${purpose} ${reason}`);
  }
}

/**
 * The targets as whole URLs, with their places for token and tenant.
 *
 * @throws {LinkTargetInvalid}
 */
export function linkTargets(publicUrl: string, own: Partial<LinkTargets>): LinkTargets {
  const targets = { ...defaults, ...own };
  for (const [purpose, target] of Object.entries(targets)) {
    if (!target.includes('{token}')) throw new LinkTargetInvalid(purpose, 'has no place for the {token}');
    const url = fill(publicUrl, target, { token: 'token', tenant: 'tenant' });
    if (!/^https?:\/\//.test(url)) throw new LinkTargetInvalid(purpose, 'must lead into the web');
  }
  return targets;
}

/** A link, with everything in its place. */
export function fill(
  publicUrl: string,
  target: string,
  { token, tenant }: { readonly token: string; readonly tenant: string },
): string {
  const path = target.replaceAll('{token}', token).replaceAll('{tenant}', tenant);
  const base = publicUrl.replaceAll('{tenant}', tenant);
  // Not by URL resolution: a base with a path of its own keeps it.
  return /^[a-z]+:/i.test(path) ? path : `${base.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}
