import type { ServerResponse, IncomingMessage } from 'node:http';
import { sendRawProblem } from '../problems/send-problem.js';
import { toFailure } from '../problems/to-failure.js';

/**
 * What Fastify takes when it is made, and `configureApp` is too late for.
 *
 * @example
 * const options: FastifyAppOptions = { bodyLimitBytes: 262_144, trustProxy: '10.0.0.0/8' };
 */
export interface FastifyAppOptions {
  /** Largest body in bytes; 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** Whose `X-Forwarded-*` are believed: addresses or networks; nobody's by default. */
  readonly trustProxy?: boolean | string | string[];
}

/**
 * The options of the Fastify adapter: without them a malformed URL, which Fastify refuses before anything of Nest
 * runs, is not answered by a problem.
 *
 * @example
 * NestFactory.create(AppModule, new FastifyAdapter(fastifyOptions({ trustProxy: '10.0.0.0/8' })));
 */
export function fastifyOptions({ bodyLimitBytes = 1_048_576, trustProxy = false }: FastifyAppOptions = {}) {
  return {
    bodyLimit: bodyLimitBytes,
    trustProxy,
    routerOptions: { maxParamLength: 512 },
    // A request that made it in before the drain is served; see InFlight.
    return503OnClosing: false,
    // Typed loosely, as Fastify allows for HTTP/2 here.
    frameworkErrors: (error: Error, request: { raw: object }, reply: { raw: object }): void =>
      sendRawProblem(reply.raw as ServerResponse, request.raw as IncomingMessage, toFailure(error)),
  };
}
