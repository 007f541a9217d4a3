import type { INestApplication } from '@nestjs/common';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { stringify } from 'yaml';
import { DOCS_PATH } from '../limits/security-headers.js';
import { openApiDocument, type OpenApiOptions } from './document.js';

interface TextResponse {
  type(mediaType: string): { send(body: string): unknown };
}

/**
 * Serves the API's description: `/openapi/v1.json`, `/openapi/v1.yaml`, and Swagger UI at `/docs` with an Authorize
 * button that remembers its key. Call it after `configureApp`.
 *
 * @returns the documents, in the order of `options.versions`
 * @example
 * configureApp(app);
 * setupOpenApi(app, { title: 'Shop API', … });
 */
export function setupOpenApi(app: INestApplication, options: OpenApiOptions): OpenAPIObject[] {
  const versions = options.versions ?? ['1'];
  const documents = versions.map((version) => openApiDocument(app, options, version));
  const adapter = app.getHttpAdapter();
  for (const [index, document] of documents.entries()) {
    const base = `/openapi/v${versions[index]}`;
    // Written once: a document has hundreds of kilobytes and does not change while the process lives.
    const json = JSON.stringify(document);
    const yaml = stringify(document, { aliasDuplicateObjects: false });
    adapter.get(`${base}.json`, (_request: unknown, response: TextResponse) =>
      response.type('application/json').send(json),
    );
    adapter.get(`${base}.yaml`, (_request: unknown, response: TextResponse) =>
      response.type('application/yaml').send(yaml),
    );
  }
  const [first] = documents;
  if (first) {
    SwaggerModule.setup(DOCS_PATH, app, first, {
      raw: false,
      customSiteTitle: options.title,
      explorer: documents.length > 1,
      swaggerOptions: {
        persistAuthorization: true,
        displayRequestDuration: true,
        tryItOutEnabled: true,
        ...(documents.length > 1 && {
          urls: versions.map((version) => ({ url: `/openapi/v${version}.json`, name: `v${version}` })),
        }),
      },
    });
  }
  return documents;
}
