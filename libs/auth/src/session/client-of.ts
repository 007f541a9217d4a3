import { type AnyRequest, clientAddressOf, rawRequest } from '@acci/rest';

const longestDevice = 300;

/** What somebody uses, and where from. */
export interface Client {
  /** Of the header `User-Agent`, which may say anything, the first 300 characters; null without one. */
  readonly device: string | null;
  /** The address behind as many proxies as the server trusts. */
  readonly address: string | null;
}

/**
 * Tells what a request came from, as sessions show it.
 *
 * @example
 * clientOf(request); // { device: 'curl/8.7.1', address: '192.0.2.7' }
 */
export function clientOf(request: AnyRequest): Client {
  const device = rawRequest(request).headers['user-agent']?.replaceAll(/[^\x20-\x7e]/g, '');
  return { device: device?.slice(0, longestDevice) || null, address: clientAddressOf(request) ?? null };
}
