import { CredentialsInvalid } from '../auth.errors.js';

const scheme = /^basic(?=[ \t]|$)/i;
const credentials = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
const longest = 2_048;
// oxlint-disable-next-line no-control-regex -- RFC 7617 forbids them in either part
const control = /[\u0000-\u001f\u007f]/;

/** What an `Authorization: Basic` header says. */
export interface BasicCredentials {
  readonly userName: string;
  readonly password: string;
}

/**
 * User name and password of an `Authorization: Basic` header (RFC 7617, in UTF-8); undefined for no header or another
 * scheme.
 *
 * @throws {CredentialsInvalid} for a Basic header that is not well formed, or very long.
 * @example
 * basicCredentials('Basic YWRhOnNlY3JldA=='); // { userName: 'ada', password: 'secret' }
 */
export function basicCredentials(authorization: string | undefined): BasicCredentials | undefined {
  if (authorization === undefined || !scheme.test(authorization)) return undefined;
  const encoded = authorization.length <= longest ? credentials.exec(authorization)?.[1] : undefined;
  const bytes = Buffer.from(encoded ?? '', 'base64');
  const text = bytes.toString('utf8');
  const colon = text.indexOf(':');
  // What decodes and encodes to something else was not base64, or not UTF-8.
  const exact =
    encoded !== undefined &&
    bytes.toString('base64').replaceAll('=', '') === encoded.replaceAll('=', '') &&
    Buffer.from(text).equals(bytes);
  if (!exact || colon < 0 || control.test(text)) throw new CredentialsInvalid();
  return { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}
