import type { OpenAPIObject } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { POSITION_PATTERN } from '../conditional/positions.js';
import { Problem } from '../problems/problem.js';
import { PROBLEM_MEDIA_TYPE } from '../problems/send-problem.js';
import { schemaConverter } from './schema-converter.js';

type Components = NonNullable<OpenAPIObject['components']>;

const text = (description: string, example: string) =>
  ({ description, schema: { type: 'string' }, example }) as const;

/** The headers that answers have, by component name. */
export const HEADERS: NonNullable<Components['headers']> = {
  'X-Correlation-Id': text('Names this request in our logs: yours, if it sent one.', 'order-42'),
  RateLimit: text(
    'What is left of the quota (`r`) and when it is full again (`t`, seconds).',
    '"identity";r=599;t=60',
  ),
  'RateLimit-Policy': text('The quota (`q`) per window (`w`, seconds).', '"identity";q=600;w=60'),
  ETag: text('The version of the resource, for `If-Match` and `If-None-Match`.', '"1"'),
  Link: text(
    'The first page, and the next one if there is one (RFC 8288).',
    '</v1/things?cursor=WyJhIl0>; rel="next"',
  ),
  Location: text('Where the new resource is.', '/v1/things/018f3c9e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'),
  'Event-Position': text('Where the write landed in the event log, for `Min-Event-Position`.', '1.7421.98'),
  'Idempotency-Replayed': text('`true` if this is the answer to an earlier request with this key.', 'true'),
  'Retry-After': text('Seconds after which to try again.', '1'),
};

/** What each refusal means, by status. */
const MEANING: Readonly<Record<number, string>> = {
  400: 'The request does not have the shape it must have.',
  401: 'The request carries no valid credentials.',
  403: 'The credentials do not permit this.',
  404: 'There is no such resource.',
  409: 'The state of the resource does not allow this, or a request with this key is in flight.',
  412: 'The resource is not at the version that `If-Match` names.',
  413: 'The body is too large.',
  415: 'The body has a media type that this route does not take.',
  422: 'The request is well-formed but cannot be done, or its `Idempotency-Key` was used with another one.',
  428: 'The request needs an `If-Match` header.',
  429: 'Too many requests.',
  500: 'Something is wrong on our side.',
  503: 'The service cannot answer right now.',
};

const WITH_RETRY_AFTER = new Set([409, 429, 503]);

/** The component name of a status' problem response: `NotFound`. */
export function problemName(status: number): string {
  return (STATUS_CODES[status] ?? `Status${status}`).replace(/[^A-Za-z]/g, '');
}

/** A problem response; with `codes`, one that names them. */
export function problemResponse(status: number, codes: readonly string[] = []) {
  const named = codes.map((code) => `\`${code}\``).join(', ');
  const headers = ['X-Correlation-Id', ...(WITH_RETRY_AFTER.has(status) ? ['Retry-After'] : [])];
  return {
    description: `${MEANING[status] ?? STATUS_CODES[status] ?? 'Problem.'}${named && ` Codes: ${named}.`}`,
    headers: headerRefs(headers),
    content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

/** References to {@link HEADERS}. */
export function headerRefs(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** All components of ours; those that nothing refers to are pruned afterwards. */
export function ourComponents(): Components {
  const statuses = Object.keys(MEANING).map(Number);
  return {
    schemas: schemaConverter()(Problem, { schemaType: 'output' })?.components as Components['schemas'],
    headers: HEADERS,
    responses: Object.fromEntries(statuses.map((status) => [problemName(status), problemResponse(status)])),
    parameters: {
      'Idempotency-Key': {
        name: 'Idempotency-Key',
        in: 'header',
        description: 'Makes the request happen once, however often it is sent: a new UUID per intent.',
        required: false,
        schema: { type: 'string', minLength: 1, maxLength: 255 },
      },
      'Min-Event-Position': {
        name: 'Min-Event-Position',
        in: 'header',
        description:
          'An `Event-Position` that a write answered with: the answer waits until it shows that write.',
        required: false,
        schema: { type: 'string', pattern: POSITION_PATTERN },
      },
    },
  };
}

/** Drops the components that nothing refers to any more. */
export function pruneComponents(document: OpenAPIObject): void {
  const components = document.components as Record<string, Record<string, unknown>>;
  const used = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, ref] of JSON.stringify(value).matchAll(/"\$ref":"#\/components\/([^"]+)"/g)) {
      if (!ref || used.has(ref)) continue;
      used.add(ref);
      const [section = '', name = ''] = ref.split('/');
      visit(components[section]?.[name] ?? null);
    }
  };
  visit(document.paths);
  for (const [section, entries] of Object.entries(components)) {
    if (section === 'securitySchemes') continue;
    for (const name of Object.keys(entries)) if (!used.has(`${section}/${name}`)) delete entries[name];
    if (Object.keys(entries).length === 0) delete components[section];
  }
}
