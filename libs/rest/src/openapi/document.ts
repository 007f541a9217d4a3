import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type Route, routesOf } from '../routes/routes.js';
import { ourComponents, pruneComponents } from './components.js';
import { describeOperation, hasParameter, type Operation } from './describe-operation.js';
import { schemaConverter } from './schema-converter.js';

/** Where `@nestjs/swagger` keeps what `@ApiOperation` says; it does not export the name. */
const API_OPERATION = 'swagger/apiOperation';

type CredentialsScheme = Parameters<DocumentBuilder['addSecurity']>[1];

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head'] as const;

/**
 * What the OpenAPI document says about the API as a whole.
 *
 * @example
 * const options: OpenApiOptions = {
 *   title: 'Shop API', description: 'Orders and what becomes of them.', release: '1.4.0',
 *   contact: { name: 'Shop team', url: 'https://shop.example.org', email: 'api@shop.example.org' },
 *   license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
 *   tags: { Orders: 'What was ordered.' },
 * };
 */
export interface OpenApiOptions {
  readonly title: string;
  readonly description: string;
  /** The release of the implementation, e.g. `1.4.0`. */
  readonly release: string;
  readonly contact: { readonly name: string; readonly url: string; readonly email: string };
  readonly license: { readonly name: string; readonly url: string };
  /** What each tag is about, in the order in which they are shown; others follow by name. */
  readonly tags: Readonly<Record<string, string>>;
  /** Where the API is served; the same origin as the document by default. */
  readonly servers?: readonly { readonly url: string; readonly description: string }[];
  /** Ways to show who one is beside `bearer`, any of which is enough; a way may need several schemes together, by name. */
  readonly credentials?: readonly Readonly<Record<string, CredentialsScheme>>[];
  /** The API versions to document, a document each; `['1']` by default. */
  readonly versions?: readonly string[];
}

/**
 * The OpenAPI 3.1 document of one API version: the routes under `/v<version>`, with everything that holds by
 * convention (problems, headers, security) written out.
 *
 * @example
 * const document = openApiDocument(app, options, '1');
 */
export function openApiDocument(
  app: INestApplication,
  options: OpenApiOptions,
  version = '1',
): OpenAPIObject {
  const { title, description, release, contact, license } = options;
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(title)
    .setDescription(description)
    .setVersion(release)
    .setContact(contact.name, contact.url, contact.email)
    .setLicense(license.name, license.url)
    // Not addBearerAuth, which calls every token a JWT.
    .addSecurity('bearer', {
      type: 'http',
      scheme: 'bearer',
      description: 'An API key, or the token of a session.',
    })
    .addSecurityRequirements('bearer');
  for (const way of options.credentials ?? []) {
    for (const [name, scheme] of Object.entries(way)) builder.addSecurity(name, scheme);
    builder.addSecurityRequirements(Object.fromEntries(Object.keys(way).map((name) => [name, []])));
  }
  for (const server of options.servers ?? [{ url: '/', description: 'This server' }]) {
    builder.addServer(server.url, server.description);
  }
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory,
    // It would name the controller beside the tags that its handlers have.
    autoTagControllers: false,
    standardSchemaConverter: schemaConverter(),
  });
  document.paths = Object.fromEntries(
    Object.entries(document.paths).filter(([path]) => new RegExp(`^/v${version}([/:]|$)`).test(path)),
  );
  mergeComponents(document);

  const routes = new Map(routesOf(app).map((route) => [operationIdOf(route), route]));
  const operations = [...operationsOf(document)];
  const versioned = new Set(
    operations.filter(([, , one]) => hasParameter(one, 'If-Match')).map(([path]) => path),
  );
  const tags = new Set<string>();
  for (const [path, method, operation] of operations) {
    const route = routes.get(operation.operationId ?? '');
    if (route) describeOperation(method, path, operation, route, versioned);
    if (route && !operation.tags?.length) operation.tags = [nounOf(route.controller.name)];
    for (const tag of operation.tags ?? []) tags.add(tag);
  }
  const described = Object.keys(options.tags).filter((name) => tags.has(name));
  document.tags = [...new Set([...described, ...[...tags].sort()])].map((name) => ({
    name,
    description: options.tags[name] ?? `${name}.`,
  }));
  pruneComponents(document);
  return document;
}

function* operationsOf(document: OpenAPIObject): Generator<[string, string, Operation]> {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) yield [path, method, operation];
    }
  }
}

/** The handler's own id, if its `@ApiOperation` names one, as `@nestjs/swagger` keeps it. */
function operationIdOf({ controller, handler }: Route): string {
  const own = Reflect.getMetadata(API_OPERATION, handler) as { operationId?: string } | undefined;
  return own?.operationId ?? operationIdFactory(controller.name, handler.name);
}

function nounOf(controller: string): string {
  return controller.replace(/Controller$/, '');
}

/**
 * `TenantController.create` → `tenantCreate`: unique, as handlers are, and good as a name in a generated client. What a
 * controller is named for is not said twice: `TenantImportController.import` → `tenantImport`.
 */
function operationIdFactory(controller: string, method: string): string {
  const noun = nounOf(controller);
  const verb = `${method.charAt(0).toUpperCase()}${method.slice(1)}`;
  return `${noun.charAt(0).toLowerCase()}${noun.slice(1)}${noun.endsWith(verb) ? '' : verb}`;
}

function mergeComponents(document: OpenAPIObject): void {
  const components = (document.components ??= {}) as Record<string, object>;
  for (const [section, entries] of Object.entries(ourComponents())) {
    components[section] = { ...components[section], ...entries };
  }
}
