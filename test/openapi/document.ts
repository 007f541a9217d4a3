import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** As much of an OpenAPI document as a client needs to make calls and judge answers. */
export interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: Record<string, Record<string, unknown>>;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: { readonly content: Record<string, { schema?: unknown; example?: unknown }> };
  readonly responses: Record<string, Response | Reference>;
  readonly security?: readonly object[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema?: {
    readonly example?: unknown;
    readonly examples?: readonly unknown[];
    readonly default?: unknown;
  };
  readonly example?: unknown;
}

interface Response {
  readonly headers?: Record<string, unknown>;
  readonly content?: Record<string, { schema?: object }>;
}

interface Reference {
  readonly $ref: string;
}

/** One operation with where it is. */
export interface Route extends Operation {
  readonly method: string;
  readonly path: string;
}

/** Judges answers by the document alone. */
export class Contract {
  readonly routes: readonly Route[];
  private readonly ajv: Ajv2020;

  constructor(private readonly document: Document) {
    this.routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) =>
        Object.assign({ method: method.toUpperCase(), path }, operation),
      ),
    );
    // Not strict: OpenAPI's own keywords, such as `example`, mean nothing to JSON Schema.
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(this.ajv);
    this.ajv.addSchema(document, 'api');
  }

  /** What stands at a reference, or the thing itself. */
  resolve<T>(value: T | Reference): T {
    if (value === null || typeof value !== 'object' || !('$ref' in value)) return value;
    let found: unknown = this.document;
    for (const key of value.$ref.slice(2).split('/')) {
      found = (found as Record<string, unknown>)[key.replaceAll('~1', '/')];
    }
    return found as T;
  }

  /** True for what answers with items: a page of a list, or all of it. */
  isList({ method, responses }: Route): boolean {
    const media =
      method === 'GET' ? this.resolve(responses['200'])?.content?.['application/json'] : undefined;
    const schema = this.resolve<{ properties?: object } | undefined>(media?.schema);
    return 'items' in (schema?.properties ?? {});
  }

  parameters(route: Route, place: Parameter['in']): Parameter[] {
    return (route.parameters ?? []).map((parameter) => this.resolve(parameter)).filter((p) => p.in === place);
  }

  /** The example body of an operation, as its schema gives it. */
  exampleBody(route: Route, type = 'application/json'): unknown {
    const media = route.requestBody?.content[type];
    const schema = this.resolve(media?.schema) as { example?: unknown; examples?: unknown[] } | undefined;
    return media?.example ?? schema?.example ?? schema?.examples?.[0];
  }

  /** What the document does not allow about an answer; empty if it is as documented. */
  async violations(route: Route, answer: globalThis.Response): Promise<string[]> {
    const documented = route.responses[answer.status];
    const live = answer.headers.get('content-type') === 'text/event-stream';
    const text = live ? await beginningOf(answer) : await answer.text();
    const where = `${route.method} ${route.path} → ${answer.status}`;
    if (!documented) return [`${where} is not documented: ${text.slice(0, 200)}`];
    const response = this.resolve(documented);
    // Event-Position is not among them: a write that changed nothing has none.
    const missing = Object.keys(response.headers ?? {})
      .filter((name) => /^(etag|location|x-correlation-id)$/i.test(name) && !answer.headers.has(name))
      .map((name) => `${where} lacks the header ${name}`);
    if (!response.content) return [...missing, ...(text === '' ? [] : [`${where} should have no body`])];
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    const media = response.content[type];
    if (!media) return [...missing, `${where} answers ${type}, which is not documented`];
    if (live)
      return [...missing, ...(/^retry: \d+\nid: \S+\n\n/.test(text) ? [] : [`${where} begins ${text}`])];
    const lines = type === 'application/x-ndjson' ? text.trim().split('\n') : [text];
    return [...missing, ...lines.flatMap((line) => this.invalid(where, media.schema, line))];
  }

  private invalid(where: string, schema: object | undefined, json: string): string[] {
    if (!schema) return [`${where} has no schema`];
    const rebased = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as object;
    const validate = this.ajv.compile(rebased);
    if (validate(JSON.parse(json))) return [];
    return (validate.errors ?? []).map(
      (e) => `${where} ${e.instancePath} ${e.message}: ${json.slice(0, 200)}`,
    );
  }
}

/** What a live stream says at once; it would never end. */
async function beginningOf(answer: globalThis.Response): Promise<string> {
  const reader = answer.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return new TextDecoder().decode(value);
}
