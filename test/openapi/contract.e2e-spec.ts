import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { uuidv7 } from '@acci/database';
import { Parser } from '@asyncapi/parser';
import { ApiUnderTest } from '../setup/api-under-test.js';
import { Contract, type Document, type Route } from './document.js';
import { accountBodies } from './account-bodies.js';
import { aDeadLetter } from './dead-letters.js';
import { anImpersonation } from './impersonations.js';
import { aProjection } from './projection-states.js';
import { aTokenForm } from './token-form.js';

const run = promisify(execFile);

let api: ApiUnderTest;
let contract: Contract;
let folder: string;
let bodies: Record<string, () => Promise<object>>;
let tokenForm: RequestInit;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  contract = new Contract((await (await api.fetch('/openapi/v1.json')).json()) as Document);
  bodies = accountBodies(api);
  tokenForm = await aTokenForm(api);
  folder = await mkdtemp(join(tmpdir(), 'acci-openapi-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await api.close();
});

/** Lists that only another version of the program changes. */
const neverChanging = ['/v1/event-types', '/v1/permissions'];

async function written(path: string, body?: object): Promise<string> {
  const answer = await api.fetch(path, { method: 'POST', ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}
const aUser = () => written('/v1/users', { email: `u-${uuidv7()}@example.com` });
const aTenant = () => written('/v1/tenants', { slug: `t-${uuidv7()}`, name: 'A tenant' });

/** Makes the resource that an operation needs, in the state it needs, and gives its id or name. */
const resources: Record<string, () => Promise<string>> = {
  '/v1/projections/{name}': () => aProjection(api.db),
  '/v1/projections/{name}/resume': () => aProjection(api.db, { share: 'paused' }),
  '/v1/projections/{name}/retry': () => aProjection(api.db, { share: 'halted' }),
  '/v1/projections/{name}/skip': () => aProjection(api.db, { share: 'halted' }),
  '/v1/projections/{name}/switch-on': () => aProjection(api.db, { share: 'off' }),
  '/v1/projections/{name}/abort': () => aProjection(api.db, { build: 'filling' }),
  // What is rebuilt must be known to the program.
  '/v1/projections/{name}/rebuild': async () => 'tenancy.tenant-directory',
  '/v1/dead-letters/{id}': () => aDeadLetter(api.db),
  '/v1/tenants/{id}': aTenant,
  '/v1/users/{id}': aUser,
  '/v1/roles/{id}': () => written('/v1/roles', { name: `r-${uuidv7()}`, permissions: [] }),
  '/v1/groups/{id}': () => written('/v1/groups', { name: `g-${uuidv7()}` }),
  '/v1/me/identity-links/{id}': async () => uuidv7(),
  '/v1/auth/sessions/{id}': async () => uuidv7(),
  '/v1/impersonations/{id}': () => anImpersonation(api.app),
  '/v1/event-streams/{type}/{id}': aTenant,
  '/v1/service-accounts/{id}': () => written('/v1/service-accounts', { name: `s-${uuidv7()}` }),
  '/v1/api-keys/{id}': () =>
    written('/v1/api-keys', { name: 'A key', permissions: ['tenancy.tenants.read'] }),
};
const states: Record<string, (id: string) => Promise<unknown>> = {
  'POST /v1/users/{id}/reactivate': (id) => written(`/v1/users/${id}/deactivate`),
  'POST /v1/users/{id}/unlock': (id) => written(`/v1/users/${id}/lock`, { reason: 'A test' }),
  'POST /v1/service-accounts/{id}/enable': (id) => written(`/v1/service-accounts/${id}/disable`),
  'POST /v1/tenants/{id}/reactivate': (id) => written(`/v1/tenants/${id}/suspend`, { reason: 'A test' }),
  'POST /v1/tenants/{id}/restore': (id) => api.fetch(`/v1/tenants/${id}`, { method: 'DELETE' }),
  'POST /v1/tenants/{id}/purge': (id) =>
    api.fetch(`/v1/tenants/${id}?gracePeriodDays=0`, { method: 'DELETE' }),
  'GET /v1/tenants/{id}/erasure': async (id) => {
    await api.fetch(`/v1/tenants/${id}?gracePeriodDays=0`, { method: 'DELETE' });
    await api.fetch(`/v1/tenants/${id}/purge`, { method: 'POST' });
  },
};

/** Calls an operation as its own documentation says: the path's resource, the example of its body. */
async function call(route: Route, id: string, init: RequestInit = {}): Promise<Response> {
  const example = contract.exampleBody(route);
  const special = await bodies[`${route.method} ${route.path}`]?.();
  const body = special ? Object.assign({}, example, special) : example;
  const required = contract
    .parameters(route, 'query')
    .filter((parameter) => parameter.required)
    .map(({ name, example, schema }) => [name, String(example ?? schema?.example ?? schema?.default)]);
  const query =
    required.length > 0
      ? `?${new URLSearchParams(Object.fromEntries(required) as Record<string, string>).toString()}`
      : '';
  return api.fetch(`${pathOf(route, id)}${query}`, {
    method: route.method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...importBody(route),
    ...init,
  });
}

/** Whoever must be there, though the path has another id as well. */
let userId: string;
beforeAll(async () => {
  userId = await aUser();
});

/** What stands in the path beside the id is the parameter's example. */
function pathOf(route: Route, id: string): string {
  const others = contract.parameters(route, 'path').filter(({ name }) => name !== 'id' && name !== 'name');
  return others.reduce(
    (path, { name, example, schema }) =>
      path.replace(
        `{${name}}`,
        encodeURIComponent(
          name === 'userId' ? userId : String(example ?? schema?.example ?? schema?.examples?.[0]),
        ),
      ),
    route.path.replace(/\{(id|name)\}/, encodeURIComponent(id)),
  );
}

/** Imports and forms. Imports take a stream: of tenants, where the example can be taken once, a new one; else the example. */
function importBody(route: Route): RequestInit {
  const headers = { 'content-type': 'application/x-ndjson' };
  if (route.path.startsWith('/v1/auth/token')) return tokenForm;
  if (route.path === '/v1/tenants:import')
    return { body: `${JSON.stringify({ slug: `i-${uuidv7()}`, name: 'Imported' })}\n`, headers };
  const example = contract.exampleBody(route, 'application/x-ndjson');
  return typeof example === 'string' ? { body: example, headers } : {};
}

async function prepared(route: Route): Promise<string> {
  const [base] = route.path.match(/^.*\{(id|name)\}/) ?? [];
  if (base === undefined) return '';
  const make = resources[route.path] ?? resources[base];
  if (!make) throw new Error(`No resource is known for ${route.path}: add it to this test`);
  const id = await make();
  await states[`${route.method} ${route.path}`]?.(id);
  return id;
}

/** Whoever asks here has an API key, which is no user: this is what such an operation answers then. */
const isForUsersOnly = ({ path }: Route) => /^\/v1\/(me|auth\/(sessions?|logout))(\/|$)/.test(path);

it('every operation succeeds with its own examples and answers as documented', async () => {
  expect(contract.routes.length).toBeGreaterThan(15);
  const violations: string[] = [];
  for (const route of contract.routes) {
    const answer = await call(route, await prepared(route));
    if (isForUsersOnly(route)) expect(answer.status).toBe(403);
    // No tenant is above the platform's, whose users could be guests.
    else if (route.path.startsWith('/v1/guests/{')) expect(answer.status).toBe(404);
    else if (!answer.ok)
      violations.push(`${route.method} ${route.path}: its example answers ${answer.status}`);
    violations.push(...(await contract.violations(route, answer)));
  }
  expect(violations).toEqual([]);
});

it('every operation refuses as documented', async () => {
  const violations: string[] = [];
  const refuse = async (route: Route, status: number, answer: Response) => {
    if (answer.status !== status)
      violations.push(`${route.method} ${route.path}: ${answer.status} instead of ${status}`);
    violations.push(...(await contract.violations(route, answer)));
  };
  for (const route of contract.routes) {
    const id = await prepared(route);
    const headers = { ...(importBody(route).headers as object), authorization: 'Bearer nonsense' };
    // What is public has no security, and asks nobody who they are.
    if (route.security?.length !== 0) await refuse(route, 401, await call(route, id, { headers }));
    if (id !== '') {
      if (!isForUsersOnly(route))
        await refuse(route, 404, await call(route, route.path.includes('{name}') ? 'no.such' : uuidv7()));
      // The id of a stream may be any text but this.
      await refuse(
        route,
        400,
        await call(route, route.path.includes('{type}') ? 'x'.repeat(256) : 'not-an-id'),
      );
    }
    if (contract.exampleBody(route) !== undefined) {
      await refuse(route, 400, await call(route, id, { body: '{ "broken' }));
      await refuse(route, 400, await call(route, id, { body: '{ "unknown": 1 }' }));
      await refuse(route, 415, await call(route, id, { headers: { 'content-type': 'text/plain' } }));
    }
    if (route.method === 'GET')
      await refuse(route, 400, await call(route, id, { headers: { 'min-event-position': 'nowhere' } }));
    const conditional = contract.parameters(route, 'header').some(({ name }) => name === 'If-Match');
    if (conditional && !isForUsersOnly(route)) {
      await refuse(route, 412, await call(route, id, { headers: { 'if-match': '"4711"' } }));
    }
  }
  expect(violations).toEqual([]);
});

it('the JSON and the YAML document say the same', async () => {
  const { parse } = await import('yaml');
  const yaml: unknown = parse(await (await api.fetch('/openapi/v1.yaml')).text());
  expect(yaml).toEqual(await (await api.fetch('/openapi/v1.json')).json());
});

it('beside every list stands its stream, and AsyncAPI names it', async () => {
  const lists = contract.routes.filter((route) => contract.isList(route)).map(({ path }) => path);
  const fixed = lists.filter((path) => neverChanging.includes(path));
  expect(fixed).toEqual(neverChanging);
  const streams = contract.routes
    .filter(({ responses }) => 'text/event-stream' in (contract.resolve(responses['200'])?.content ?? {}))
    .map(({ path }) => path);
  const wanted = lists.filter((path) => !neverChanging.includes(path)).map((path) => `${path}/stream`);
  expect(streams.toSorted()).toEqual(wanted.toSorted());
  expect(wanted).toContain('/v1/projections/stream');
  const { channels } = (await (await api.fetch('/asyncapi.json')).json()) as {
    channels: Record<string, { address: string }>;
  };
  expect(Object.values(channels).map(({ address }) => address)).toEqual(expect.arrayContaining(wanted));
});

it('the AsyncAPI document of the events is valid, without a warning', async () => {
  const { document, diagnostics } = await new Parser().parse(
    await (await api.fetch('/asyncapi.json')).text(),
  );
  expect(diagnostics.filter(({ severity }: { severity: number }) => severity < 2)).toEqual([]);
  expect(document?.components().messages().get('tenancy.tenant.created.v1')).toBeDefined();
});

it('passes the linters of Redocly and Spectral', async () => {
  const file = join(folder, 'openapi.json');
  const ruleset = join(folder, 'spectral.yaml');
  await writeFile(file, await (await api.fetch('/openapi/v1.json')).text());
  await writeFile(ruleset, 'extends: ["spectral:oas"]\n');
  const environment = {
    PATH: process.env['PATH'],
    REDOCLY_TELEMETRY: 'off',
    REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  };
  await run('node_modules/.bin/redocly', ['lint', file], { env: environment });
  const spectral = ['lint', file, '--ruleset', ruleset, '--fail-severity', 'warn'];
  await run('node_modules/.bin/spectral', spectral, { env: environment });
});
