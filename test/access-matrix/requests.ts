import { uuidv7 } from '@acci/database';
import type { Contract, Route } from '../openapi/document.js';
import type { ApiUnderTest } from '../setup/api-under-test.js';
import type { TableRoute } from './route-table.js';
import type { Caller, TenantWithAdmin } from './world.js';

/**
 * Makes what a path such as `/v1/dead-letters/{id}` names, where no `POST` of its collection does; gives its id.
 *
 * @param idOf the tenant's object of another path.
 */
export type Maker = (owner: TenantWithAdmin, idOf: (path: string) => Promise<string>) => Promise<string>;

/** A request, ready to be sent by anybody. */
export interface MatrixRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
  readonly contentType: string;
  /** The ids in it, which an answer may repeat. */
  readonly ids: readonly string[];
  /** The URL with what it must say alone: a filter by an id would hide all that is about others. */
  readonly plainUrl: string;
}

/** What came back, without what differs between any two answers. */
export interface MatrixAnswer {
  readonly status: number;
  readonly code: string | undefined;
  /** Headers and body. */
  readonly text: string;
}

/** Finds the id that a parameter or member stands for; undefined for one that is no reference. */
type Resolve = (name: string, path?: string) => Promise<string | undefined>;

const reference = /^(\w+)Id$/;

/** Headers that differ between any two answers; the length goes with the ids that an answer repeats. */
const differing = new Set(['date', 'content-length', 'traceparent', 'x-correlation-id', 'ratelimit']);

/** Parameters that stand beside the id of what a maker makes, and say what kind of thing it is. */
const companions: Readonly<Record<string, string>> = { '/v1/event-streams/{type}': 'auth.api_key' };

/**
 * Makes requests of the OpenAPI document alone: bodies are its examples, and whatever names an object (`{id}`, and
 * everything called `…Id` in path, query or body) names one of a given tenant, or one that nobody has.
 */
export class Requests {
  private readonly objects = new Map<string, Promise<string>>();
  private sent = 0;

  constructor(
    private readonly api: ApiUnderTest,
    readonly contract: Contract,
    private readonly makers: Readonly<Record<string, Maker>>,
  ) {}

  /** The route's request about objects of a tenant. */
  about(owner: TenantWithAdmin, route: TableRoute): Promise<MatrixRequest> {
    return this.make(route, (name, path) => this.find(owner, name, path));
  }

  /** The route's request about objects that do not exist. */
  aboutNothing(owner: TenantWithAdmin, route: TableRoute): Promise<MatrixRequest> {
    return this.make(route, async (name, path) => {
      const found = await this.find(owner, name, path);
      return found === undefined ? undefined : name === 'name' ? 'no.such' : uuidv7();
    });
  }

  /** Sends a request as somebody. */
  async send(request: MatrixRequest, { headers }: Pick<Caller, 'headers'>): Promise<MatrixAnswer> {
    const { method, url, body, contentType, ids } = request;
    const answer = await fetch(`${this.api.url}${url}`, {
      method,
      headers: {
        ...headers,
        ...(body !== undefined && { 'content-type': contentType }),
        'x-forwarded-for': this.nextAddress(),
      },
      ...(body !== undefined && { body }),
    });
    const said = await beginningOf(answer);
    const code = /"code":"([^"]*)"/.exec(said)?.[1];
    const head = [...answer.headers].filter(([name]) => !differing.has(name)).map((one) => one.join(': '));
    const plain = ids.reduce((all, id) => all.replaceAll(id, '<id>'), [...head, said].join('\n'));
    return { status: answer.status, code, text: plain.replaceAll(/"correlationId":"[^"]*"/g, '') };
  }

  /** The ids of everything that was made for a tenant, and its own. */
  async idsOf(owner: TenantWithAdmin): Promise<string[]> {
    const made = [...this.objects].filter(([key]) => key.startsWith(owner.id));
    return [owner.id, owner.owner.userId, ...(await Promise.all(made.map(([, id]) => id)))];
  }

  /** Another one for each request: an address that is refused so often would be shut out. */
  private nextAddress(): string {
    this.sent += 1;
    return `10.${(this.sent >> 16) & 255}.${(this.sent >> 8) & 255}.${this.sent & 255}`;
  }

  private async make(route: TableRoute, resolve: Resolve): Promise<MatrixRequest> {
    const operation = this.operationAt(route.method, route.path);
    if (!operation) throw new Error(`${route.method} ${route.path} is served and not documented`);
    const ids: string[] = [];
    const find: Resolve = async (name, path) => {
      const id = await resolve(name, path);
      if (id !== undefined) ids.push(id);
      return id;
    };
    const path = await this.path(operation, find);
    const url = `${path}${await this.query(operation, find)}`;
    const plainUrl = `${path}${await this.query(operation, async () => undefined)}`;
    const [contentType, body] = await this.body(operation, find);
    return { method: route.method, url, plainUrl, body, contentType, ids };
  }

  private async path(route: Route, resolve: Resolve): Promise<string> {
    let path = route.path;
    for (const { name, example, schema } of this.contract.parameters(route, 'path')) {
      const id = await resolve(name, this.placeOf(route.path, name));
      const companion = companions[pathTo(route.path, name)];
      const value = id ?? companion ?? example ?? schema?.example ?? schema?.examples?.[0];
      path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    }
    return path;
  }

  private async query(route: Route, resolve: Resolve): Promise<string> {
    const query = new URLSearchParams();
    for (const { name, required, example, schema } of this.contract.parameters(route, 'query')) {
      const id = await resolve(name);
      if (id !== undefined || required)
        query.set(name, String(id ?? example ?? schema?.example ?? schema?.default));
    }
    return query.size > 0 ? `?${query.toString()}` : '';
  }

  private async body(route: Route, resolve: Resolve): Promise<[type: string, body: string | undefined]> {
    const [type = 'application/json'] = Object.keys(route.requestBody?.content ?? {});
    const example = this.contract.exampleBody(route, type);
    if (typeof example !== 'object' || example === null) return [type, example as string | undefined];
    const filled: Record<string, unknown> = { ...example };
    const schema = this.contract.resolve(route.requestBody?.content[type]?.schema) as { properties?: object };
    for (const name of new Set([...Object.keys(schema.properties ?? {}), ...Object.keys(filled)])) {
      const id = await resolve(name);
      if (id !== undefined) filled[name] = id;
    }
    return [type, JSON.stringify(filled)];
  }

  /** The path up to a parameter, if that says of what it is the id: it is called so, or a maker knows. */
  private placeOf(path: string, name: string): string | undefined {
    if (path in this.makers && lastParameter(path) === name) return path;
    const place = pathTo(path, name);
    return name === 'id' || name === 'name' || place in this.makers ? place : undefined;
  }

  private async find(
    owner: TenantWithAdmin,
    name: string,
    place: string | undefined,
  ): Promise<string | undefined> {
    if (name === 'tenantId' || name === 'parentId') return owner.id;
    if (place !== undefined) return this.objectOf(owner, place);
    const path = `/v1/${collectionOf(name)}/{id}`;
    return this.operationAt('POST', collection(path)) ? this.objectOf(owner, path) : undefined;
  }

  /** One of a kind per tenant is enough: nobody but its owner can change it. */
  private objectOf(owner: TenantWithAdmin, path: string): Promise<string> {
    const key = `${owner.id} ${path}`;
    const object = this.objects.get(key) ?? this.makeObject(owner, path);
    this.objects.set(key, object);
    return object;
  }

  private async makeObject(owner: TenantWithAdmin, path: string): Promise<string> {
    const maker = this.makers[path];
    if (maker) return maker(owner, (other) => this.objectOf(owner, other));
    const operation = this.operationAt('POST', collection(path));
    if (!operation) throw new Error(`Nothing makes what ${path} names: give the matrix a maker for it`);
    const answer = await fetch(`${this.api.url}${operation.path}`, {
      method: 'POST',
      headers: { ...owner.admin.headers, 'content-type': 'application/json' },
      body: JSON.stringify(this.contract.exampleBody(operation)),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${operation.path} with its example: ${answer.status} ${text}`);
    return (JSON.parse(text) as { id: string }).id;
  }

  private operationAt(method: string, path: string): Route | undefined {
    return this.contract.routes.find((route) => route.method === method && route.path === path);
  }
}

const lastParameter = (path: string): string | undefined => [...path.matchAll(/\{(\w+)\}/g)].at(-1)?.[1];

const pathTo = (path: string, name: string): string =>
  path.slice(0, path.indexOf(`{${name}}`) + name.length + 2);

const collection = (path: string): string => path.replace(/\/\{\w+\}$/, '');

/** `serviceAccountId` → `service-accounts`. */
function collectionOf(name: string): string {
  const [, noun = name] = reference.exec(name) ?? [];
  return `${noun.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}s`;
}

/** A live stream never ends: what it says at once. */
async function beginningOf(answer: Response): Promise<string> {
  if (answer.headers.get('content-type') !== 'text/event-stream') return answer.text();
  const reader = answer.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return new TextDecoder().decode(value).replaceAll(/^id: .*$/gm, 'id:');
}
