import type { OpenAPIObject } from '@nestjs/swagger';
import type { Route } from '../routes/routes.js';
import { isNeverKept } from '../idempotency/never-kept.decorator.js';
import { streamedTypes } from '../routes/streamed.decorator.js';
import { problemCodesOf } from './api-problems.decorator.js';
import { headerRefs, problemName, problemResponse } from './components.js';

/** An operation of a path, as `@nestjs/swagger` types it. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** Whether an operation takes a parameter, of its own and not by reference. */
export function hasParameter({ parameters }: Operation, name: string): boolean {
  return parameters?.some((one) => 'name' in one && one.name === name) ?? false;
}

/** Swagger UI fills in an `example`, and what is optional would narrow each list. It only shows `examples`. */
function showOptionalExample(parameter: NonNullable<Operation['parameters']>[number]): void {
  if ('$ref' in parameter || parameter.required || !parameter.schema || '$ref' in parameter.schema) return;
  const schema: { example?: unknown; examples?: unknown } = parameter.schema;
  const example: unknown = parameter.example ?? schema.example;
  delete parameter.example;
  delete schema.example;
  if (example !== undefined) schema.examples = [example];
}

/**
 * Adds to an operation what holds for it by convention: headers, problems, security.
 *
 * @param versioned the paths whose resource has versions: some operation there takes `If-Match`
 */
export function describeOperation(
  method: string,
  path: string,
  operation: Operation,
  route: Route,
  versioned: ReadonlySet<string>,
): void {
  const isPublic = route.access !== undefined && 'public' in route.access;
  const writes = method !== 'get' && method !== 'head';
  const keyed =
    method === 'post' && !streamedTypes(route.handler) && !isNeverKept(route.handler) && !isPublic;
  operation.description ??= operation.summary ?? '';
  if (isPublic) operation.security = [];
  if (route.access && 'permission' in route.access) {
    operation.description =
      `${operation.description}\n\nNeeds the permission \`${route.access.permission}\`.`.trim();
  }
  operation.parameters ??= [];
  operation.parameters.forEach(showOptionalExample);
  const listed = hasParameter(operation, 'cursor');
  const matched = hasParameter(operation, 'If-Match');
  if (keyed) operation.parameters.push({ $ref: '#/components/parameters/Idempotency-Key' });
  if (!writes && !isPublic) operation.parameters.push({ $ref: '#/components/parameters/Min-Event-Position' });

  const inPath = path.includes('{');
  const headers = ['X-Correlation-Id', 'RateLimit', 'RateLimit-Policy'];
  if (versioned.has(path)) headers.push('ETag');
  if (listed) headers.push('Link');
  if (writes && !isPublic && !streamedTypes(route.handler)) headers.push('Event-Position');
  if (keyed) headers.push('Idempotency-Replayed');
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response === undefined || '$ref' in response || !status.startsWith('2')) continue;
    const made = versioned.has(`${path}/{id}`) ? ['Location', 'ETag'] : ['Location'];
    const all = status === '201' ? [...headers, ...made] : headers;
    response.headers = { ...headerRefs(all), ...response.headers };
  }

  const codes = problemCodesOf(route.handler);
  const statuses = new Set([429, 500, 503, ...Object.keys(codes).map(Number)]);
  if (operation.parameters.length > 0 || operation.requestBody) statuses.add(400);
  if (!isPublic) statuses.add(401).add(403);
  if (inPath) statuses.add(404);
  if (writes && !isPublic) statuses.add(409).add(422);
  if (matched) statuses.add(412);
  if (operation.requestBody) statuses.add(413).add(415);
  for (const status of statuses) {
    operation.responses[status] ??= codes[status]
      ? problemResponse(status, codes[status])
      : { $ref: `#/components/responses/${problemName(status)}` };
  }
}
