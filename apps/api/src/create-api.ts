import { setupAsyncApi } from '@acci/event-store';
import { StructuredLogger } from '@acci/observability';
import { configureApp, fastifyOptions, setupOpenApi } from '@acci/rest';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import type { Config } from './config.js';
import { openApiOptions } from './openapi.js';
import { quietLogger } from './quiet-logger.js';
import type { ServerDatabase } from './server-database.js';

/**
 * The API server, ready to listen.
 *
 * @example
 * const app = await createApi(readConfig(process.env), { urls });
 * await app.listen(3000);
 */
export async function createApi(
  config: Config,
  database: Pick<ServerDatabase, 'urls'>,
): Promise<NestFastifyApplication> {
  const limits = { bodyLimitBytes: config.ACCI_BODY_LIMIT_BYTES };
  const adapter = new FastifyAdapter(fastifyOptions({ ...limits, trustProxy: config.ACCI_TRUSTED_PROXIES }));
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.forRoot(config, database), adapter, {
    // The start's own chatter is for nobody; what matters comes from our logger, and errors end the start.
    logger: ['warn', 'error'],
    abortOnError: false,
  });
  app.useLogger(quietLogger(app.get(StructuredLogger)));
  configureApp(app, {
    ...limits,
    requestTimeoutMs: config.ACCI_REQUEST_TIMEOUT_MS,
    drainMs: config.ACCI_SHUTDOWN_TIMEOUT_MS,
    rateLimits: { identity: { limit: config.ACCI_RATE_LIMIT_PER_MINUTE, windowSeconds: 60 } },
    // Their pages may use sessions in cookies: what changes something needs a token besides.
    cors: config.ACCI_CORS_ORIGINS && { origin: config.ACCI_CORS_ORIGINS, credentials: true },
  });
  const documented = openApiOptions(config.ACCI_PUBLIC_URL);
  setupOpenApi(app, documented);
  setupAsyncApi(app, documented);
  return app;
}
