import { CredentialsInvalid } from '../auth.errors.js';

const scheme = /^bearer(?=[ \t]|$)/i;
const credentials = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const longest = 512;

/**
 * The token of an `Authorization: Bearer` header (RFC 6750); undefined for no header or another scheme.
 *
 * @throws {CredentialsInvalid} for a Bearer header that is not well formed, or longer than any token of ours.
 * @example
 * bearerToken('Bearer abc'); // 'abc'
 */
export function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined || !scheme.test(authorization)) return undefined;
  const token = authorization.length <= longest ? credentials.exec(authorization)?.[1] : undefined;
  if (token === undefined) throw new CredentialsInvalid();
  return token;
}
