import { PermissionCatalogue } from '@acci/auth';
import { uuidv7 } from '@acci/database';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Contract, type Document } from '../openapi/document.js';
import { ApiUnderTest } from '../setup/api-under-test.js';
import { makersFor } from './makers.js';
import { type MatrixAnswer, Requests } from './requests.js';
import { routeTable, type TableRoute } from './route-table.js';
import { type Caller, World } from './world.js';

type GuardedRoute = TableRoute & { readonly access: { readonly permission: string } };

let api: ApiUnderTest;
let table: TableRoute[];
let guarded: GuardedRoute[];
let requests: Requests;
let world: World;

beforeAll(async () => {
  api = await ApiUnderTest.start({ ACCI_TRUSTED_PROXIES: '127.0.0.1' });
  table = routeTable(api.app);
  guarded = table.filter((route): route is GuardedRoute => 'permission' in route.access);
  const document = (await (await api.fetch('/openapi/v1.json')).json()) as Document;
  world = await World.create(api, api.app.get(PermissionCatalogue).all());
  requests = new Requests(
    api,
    new Contract(document),
    makersFor(api, () => world),
  );
  // Whatever routes are about is there before anybody asks.
  for (const route of guarded) await requests.about(world.victim, route);
});
afterAll(() => api.close());

const nameOf = ({ method, path }: Pick<TableRoute, 'method' | 'path'>) => `${method} ${path}`;

/** What everybody may who is logged in: about themselves alone. */
const isEverybodys = ({ access }: GuardedRoute) => /^auth\.(me|sessions)\./.test(access.permission);

/** Asks routes about the victim's objects and gives those whose answer is not as it must be. */
async function askAll(
  routes: readonly GuardedRoute[],
  callerOf: (route: GuardedRoute) => Caller | Promise<Caller>,
  isRight: (answer: MatrixAnswer, route: GuardedRoute) => boolean,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const route of routes) {
    const request = await requests.about(world.victim, route);
    const answer = await requests.send(request, await callerOf(route));
    if (!isRight(answer, route)) wrong.push(`${nameOf(route)}: ${answer.status} ${answer.text.slice(-300)}`);
  }
  return wrong;
}

it('has every route of the app in it', () => {
  expect(guarded.length).toBeGreaterThan(50);
  const served = table.filter(({ path }) => path.startsWith('/v1')).map(nameOf);
  expect(served.sort()).toEqual(requests.contract.routes.map(nameOf).sort());
});

it('leaves open only what somebody needs who is not yet known, and what tells nothing', () => {
  const open = table.filter(({ access }) => 'public' in access).map(nameOf);
  expect(open.sort()).toEqual([
    'GET /health/live',
    'GET /health/ready',
    'GET /metrics',
    'POST /v1/auth/email-changes:confirm',
    'POST /v1/auth/invitations:accept',
    'POST /v1/auth/login',
    'POST /v1/auth/password-resets',
    'POST /v1/auth/password-resets:confirm',
    'POST /v1/auth/registrations',
    'POST /v1/auth/registrations:confirm',
    'POST /v1/auth/set-up:confirm',
    'POST /v1/auth/token',
    'POST /v1/auth/token:revoke',
  ]);
});

it('anonymous: is asked who they are', async () => {
  const anonymous = { name: 'anonymous', headers: {} };
  const refused = ({ status, code }: MatrixAnswer) => status === 401 && code === 'auth.credentials.missing';
  expect(await askAll(guarded, () => anonymous, refused)).toEqual([]);
});

it.each(['expired', 'revoked'] as const)('%s: is not let in', async (kind) => {
  const refused = ({ status, code }: MatrixAnswer) => status === 401 && code === 'auth.credentials.invalid';
  for (const caller of await world[kind]()) expect(await askAll(guarded, () => caller, refused)).toEqual([]);
});

describe('same tenant without the permission', () => {
  const refused = ({ status, code, text }: MatrixAnswer, { access }: GuardedRoute) =>
    status === 403 &&
    code === 'auth.permission.missing' &&
    text.includes(`"permission":"${access.permission}"`);

  it('a key with every other one is told what is missing', async () => {
    const callerOf = ({ access: { permission } }: GuardedRoute) => {
      const others = world.permissions.filter((one) => one !== permission);
      return world.key(world.victim.id, others, 'every other');
    };
    expect(await askAll(guarded, callerOf, refused)).toEqual([]);
  });

  it('a key without the scope is told what is missing', async () => {
    const key = await world.key(world.victim.id, ['some.thing.else'], 'without');
    expect(await askAll(guarded, () => key, refused)).toEqual([]);
  });

  it('an access token without the scope is told what is missing', async () => {
    const scope = 'auth.permissions.read';
    const token = await world.robot(world.victim.id, scope);
    const others = guarded.filter(({ access: { permission } }) => permission !== scope);
    expect(await askAll(others, () => token, refused)).toEqual([]);
  });

  it('a user without a role is told what is missing', async () => {
    const { caller } = await world.person(world.victim.id);
    const others = guarded.filter((route) => !isEverybodys(route));
    expect(await askAll(others, () => caller, refused)).toEqual([]);
  });
});

describe.each(['stranger', 'parent', 'child'] as const)('the %s tenant', (kind) => {
  /** Whatever changes something has a session of its own, and lets no other be trusted: some routes end sessions. */
  let reader: Caller | undefined;
  const anOwner = async ({ method }: GuardedRoute): Promise<Caller> => {
    if (method === 'GET' && reader) return reader;
    const { caller } = await world.session(world[kind]);
    reader = method === 'GET' ? caller : undefined;
    return caller;
  };
  const ways: Record<string, (route: GuardedRoute) => Caller | Promise<Caller>> = {
    'an administrator’s key': () => world[kind].admin,
    'an owner': anOwner,
  };

  it.each(Object.keys(ways))(
    '%s gets the answer that there is for what does not exist, learns and changes nothing',
    async (way) => {
      const before = await world.history();
      const victims = ['victim', ...(await requests.idsOf(world.victim))];
      const wrong: string[] = [];
      for (const route of guarded) {
        const caller = (await ways[way]?.(route)) ?? world[kind].admin;
        const theirs = await requests.about(world.victim, route);
        const answer = await requests.send(theirs, caller);
        if (answer.status === 401) wrong.push(`${nameOf(route)} knows nobody: ${answer.text}`);
        // A filter by an id that is not theirs would hide what leaks.
        const plain =
          theirs.url === theirs.plainUrl
            ? answer
            : await requests.send({ ...theirs, url: theirs.plainUrl }, caller);
        for (const { text } of [answer, plain])
          if (victims.some((word) => text.includes(word))) wrong.push(`${nameOf(route)} leaks: ${text}`);
        if (theirs.ids.length === 0) continue;
        const nobodys = await requests.aboutNothing(world.victim, route);
        const otherwise = await requests.send(nobodys, caller);
        if (answer.status !== otherwise.status || answer.text !== otherwise.text)
          wrong.push(`${nameOf(route)} tells them apart: ${answer.text} / ${otherwise.text}`);
      }
      expect(wrong).toEqual([]);
      expect(await world.history()).toEqual(before);
    },
  );

  it('an owner who names the victim’s tenant gets the answer that there is for no tenant', async () => {
    const before = await world.history();
    const wrong: string[] = [];
    for (const route of guarded) {
      const request = await requests.about(world.victim, route);
      const { headers } = await anOwner(route);
      const into = (tenantId: string) =>
        requests.send(request, { headers: { ...headers, 'x-acci-tenant': tenantId } });
      const answer = await into(world.victim.id);
      const otherwise = await into(uuidv7());
      if (answer.status < 400 || answer.status === 401 || answer.text !== otherwise.text)
        wrong.push(`${nameOf(route)}: ${answer.text} / ${otherwise.text}`);
    }
    expect(wrong).toEqual([]);
    expect(await world.history()).toEqual(before);
  });
});

it('GET: changes nothing, whoever asks', async () => {
  const before = await world.history();
  const reading = guarded.filter(({ method }) => method === 'GET');
  expect(reading.length).toBeGreaterThan(20);
  await askAll(
    reading,
    () => world.victim.admin,
    () => true,
  );
  expect(await world.history()).toEqual(before);
});

it('holder: gets in with that one permission, and no browser keeps the answer', async () => {
  const wrong: string[] = [];
  const readers = await world.another();
  for (const route of guarded) {
    // Whoever writes may take away what the next one is about.
    const owner = route.method === 'GET' ? readers : await world.another();
    const request = await requests.about(owner, route);
    const holders = [
      () => world.key(owner.id, [route.access.permission], 'holder'),
      () => world.key(PLATFORM_TENANT_ID, [route.access.permission], 'holder'),
      // Some are about whoever asks, and a key is nobody.
      () => owner.owner.caller,
    ];
    const answers: MatrixAnswer[] = [];
    for (const holder of holders) {
      if (!answers.some(isIn)) answers.push(await requests.send(request, await holder()));
    }
    if (!answers.some(isIn)) wrong.push(`${nameOf(route)}: ${answers.map(({ text }) => text).join(' / ')}`);
    if (!answers.every(({ text }) => text.includes('cache-control: no-store')))
      wrong.push(`${nameOf(route)}: a browser may keep the answer`);
  }
  expect(wrong).toEqual([]);
});

/** Past every guard: done, or refused for what was asked and not for who asks. */
function isIn({ status, code }: MatrixAnswer): boolean {
  return (status < 500 && ![401, 403, 404, 429].includes(status)) || code === 'auth.permission.not_held';
}
