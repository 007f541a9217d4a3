import { Contract, type Document, type Route } from './openapi/document.js';
import { ApiUnderTest } from './setup/api-under-test.js';

let api: ApiUnderTest;
let contract: Contract;
let writes: { route: Route; example: Record<string, unknown>; properties: Record<string, object> }[];

beforeAll(async () => {
  api = await ApiUnderTest.start({ ACCI_TRUSTED_PROXIES: '127.0.0.1' });
  contract = new Contract((await (await api.fetch('/openapi/v1.json')).json()) as Document);
  writes = contract.routes.flatMap((route) => {
    const schema = route.requestBody?.content['application/json']?.schema;
    if (!schema) return [];
    const { properties = {} } = contract.resolve<{ properties?: Record<string, object> }>(schema);
    return [{ route, example: contract.exampleBody(route) as Record<string, unknown>, properties }];
  });
});
afterAll(() => api.close());

let sent = 0;

/** Sends a body to an operation, about things that need not be there: what is wrong with the body is said before. */
function send(route: Route, body: string): Promise<Response> {
  const path = contract.parameters(route, 'path').reduce((all, { name, example, schema }) => {
    const value = example ?? schema?.example ?? schema?.examples?.[0];
    return all.replace(`{${name}}`, encodeURIComponent(String(value)));
  }, route.path);
  sent += 1;
  // From another address each time, as few of such requests may come from one.
  const headers = { 'x-forwarded-for': `10.2.${sent >> 8}.${sent & 255}` };
  return api.fetch(path, { method: route.method, body, headers });
}

/** Sends what no operation may take, and gives those that do not refuse it as documented, or write something. */
async function wrong(
  status: number,
  bodiesFor: (one: (typeof writes)[number]) => [what: string, body: string][],
): Promise<string[]> {
  const events = () => api.db.admin('select count(*)::int from acci.events');
  const before = await events();
  const found: string[] = [];
  for (const one of writes) {
    const answers = bodiesFor(one).map(async ([what, body]) => {
      const answer = await send(one.route, body);
      const where = `${one.route.method} ${one.route.path}: ${what}`;
      if (answer.status !== status) found.push(`${where}: ${answer.status}`);
      found.push(...(await contract.violations(one.route, answer)).map((text) => `${where}: ${text}`));
    });
    await Promise.all(answers);
  }
  // Here and not with each: what was taken by mistake is named above.
  if (found.length === 0) expect(await events()).toEqual(before);
  return found;
}

/** What tables have, and what others let be set that way. */
const nobodysToSet = {
  id: '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f',
  tenantId: '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f',
  version: 7,
  status: 'active',
  permissions: ['*'],
  roles: ['owner'],
  roleIds: ['owner'],
  emailVerifiedAt: '2026-01-01T00:00:00.000Z',
  lockedAt: null,
  passwordHash: 'x',
};

it('takes no member that is not its to set', async () => {
  expect(writes.length).toBeGreaterThan(25);
  const mass = await wrong(400, ({ example, properties }) =>
    Object.entries(nobodysToSet)
      .filter(([name]) => !(name in properties))
      .map(([name, value]) => [name, JSON.stringify({ ...example, [name]: value })]),
  );
  expect(mass).toEqual([]);
});

it('takes no prototype and no constructor, however it is written', async () => {
  const tricks = ['"__proto__"', String.raw`"\u005f_proto__"`, '"constructor"', '"toString"'];
  const tricked = await wrong(400, ({ example }) =>
    tricks.map((name) => [
      name,
      JSON.stringify(example)
        .replace(/^\{/, `{${name}:{"prototype":{"permissions":"*"},"permissions":"*"},`)
        .replace(',}', '}'),
    ]),
  );
  expect(tricked).toEqual([]);
  expect(({} as { permissions?: string }).permissions).toBeUndefined();
});

it('takes nothing of another kind: no operator, list or number for a text', async () => {
  const texts = ({ example }: (typeof writes)[number]) =>
    Object.entries(example).filter(([, value]) => typeof value === 'string');
  const mistyped = await wrong(400, (one) =>
    texts(one).flatMap(([name]) =>
      [{ $gt: '' }, [['x']], 7].map((value): [string, string] => [
        `${name} ${JSON.stringify(value)}`,
        JSON.stringify({ ...one.example, [name]: value }),
      ]),
    ),
  );
  expect(mistyped).toEqual([]);
});

it('takes no body of another shape, and none that is cut off', async () => {
  const misshapen = await wrong(400, ({ example }) =>
    [`[${JSON.stringify(example)}]`, '"x"', '7', 'null', '{"a":1', '{"a":1}}', '[['.repeat(400)].map(
      (body) => [body.slice(0, 40), body],
    ),
  );
  expect(misshapen).toEqual([]);
});

it('takes no text without end, and no body without end', async () => {
  const long = await wrong(400, ({ example }) =>
    Object.entries(example)
      .filter(([, value]) => typeof value === 'string')
      .map(([name]) => [name, JSON.stringify({ ...example, [name]: 'x'.repeat(100_000) })]),
  );
  expect(long).toEqual([]);
  const huge = await wrong(413, () => [['too large', `{"name":"${'x'.repeat(2_000_000)}"}`]]);
  expect(huge).toEqual([]);
});
