import helmet, { type HelmetOptions } from 'helmet';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** Where Swagger UI is served, whose pages need another policy than data. */
export const DOCS_PATH = '/docs';

type Headers = readonly (readonly [name: string, value: string])[];

/**
 * An API's answers are data: nothing in them may load, run or be framed. What only matters to pages is left out, as
 * every header costs time and bytes on every answer.
 */
const API: HelmetOptions = {
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
};

/** Swagger UI runs its own scripts and styles itself inline. No upgrade-insecure-requests: it is used on http too. */
const DOCS: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      frameAncestors: ["'none'"],
    },
  },
};

/**
 * The security headers of a path. Helmet's are the same for every answer, so it is asked once, not per request. No
 * browser or proxy stores an answer, as it may be meant for one person; a route that knows better sets its own
 * `Cache-Control`. A client that keeps one itself can still ask with its `ETag`.
 */
export function securityHeaders(): (path: string) => Headers {
  const api: Headers = [...headersOf(API), ['Cache-Control', 'no-store']];
  const docs = headersOf(DOCS);
  return (path) => (path.startsWith(DOCS_PATH) ? docs : api);
}

function headersOf(options: HelmetOptions): Headers {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  helmet(options)(response.req, response, () => undefined);
  return Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)] as const);
}
