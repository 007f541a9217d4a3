import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type AnyRequest, rawRequest } from './raw.js';
import { stateOf } from './request-state.js';

/**
 * The address that a request comes from, behind as many proxies as the adapter trusts: `X-Forwarded-For` counts only if
 * a trusted proxy sent it. IPv4 and IPv6 as they are written, an IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) as
 * IPv4, without a zone. Undefined if it is not known, or what a trusted proxy said is no address.
 *
 * @param request the adapter's, or Node's own behind it.
 * @example
 * clientAddressOf(request); // '192.0.2.1'
 */
export function clientAddressOf(request: AnyRequest | IncomingMessage): string | undefined {
  const raw = rawRequest(request);
  // Fastify knows the proxies, and Node's request does not know Fastify's.
  const { ip } = (stateOf(raw).request ?? request) as { readonly ip?: unknown };
  const given = typeof ip === 'string' ? ip : raw.socket?.remoteAddress;
  const [address = ''] = (given ?? '').split('%');
  const unmapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  return isIP(unmapped) === 0 ? undefined : unmapped;
}
