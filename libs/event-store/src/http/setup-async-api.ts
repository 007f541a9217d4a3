import { liveStreamsOf } from '@acci/rest';
import type { INestApplication } from '@nestjs/common';
import { EventRegistry } from '../event/event-registry.js';
import { asyncApiDocument, type AsyncApiOptions } from './async-api.js';

interface TextResponse {
  type(mediaType: string): { send(body: string): unknown };
}

/**
 * Serves the description of the app's events and live streams: `/asyncapi.json`. Call it after `configureApp`.
 *
 * @returns the document.
 * @example
 * configureApp(app);
 * setupOpenApi(app, options);
 * setupAsyncApi(app, options);
 */
export function setupAsyncApi(app: INestApplication, options: AsyncApiOptions): Record<string, unknown> {
  const document = asyncApiDocument(app.get(EventRegistry), options, liveStreamsOf(app));
  // Written once: it does not change while the process lives.
  const json = JSON.stringify(document);
  app
    .getHttpAdapter()
    .get('/asyncapi.json', (_request: unknown, response: TextResponse) =>
      response.type('application/json').send(json),
    );
  return document;
}
