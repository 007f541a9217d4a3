import { routesOf } from '@acci/rest';
import { Contract, type Document, type Route } from '../openapi/document.js';
import { ApiUnderTest } from '../setup/api-under-test.js';
import { House, type State } from './house.js';
import { keyPaths } from './key-paths.js';
import type { TokenPath } from './token-path.js';
import { userPaths } from './user-paths.js';

let api: ApiUnderTest;
let house: House;
let contract: Contract;
/** Every way, as far as anybody knows: the first test says if there are more. */
let paths: TokenPath[];

beforeAll(async () => {
  api = await ApiUnderTest.start(House.environment);
  house = new House(api);
  contract = new Contract((await (await api.fetch('/openapi/v1.json')).json()) as Document);
  paths = [...userPaths(api, house), ...keyPaths(api, house)];
});
afterAll(() => api.close());

/** Where nobody can be kept out: there is no such account before, and the platform's tenant is always served. */
const forNobodyYet = 'POST /v1/auth/set-up:confirm';

/** Members of a request or an answer that open something. */
const opens = (name: string) => /(token|secret|password|assertion)$/i.test(name) || name === 'key';

/** Whether something that opens something goes in or out. */
function concernsTokens(route: Route): boolean {
  const answers = Object.entries(route.responses).filter(([status]) => status.startsWith('2'));
  const media = [
    ...Object.values(route.requestBody?.content ?? {}),
    ...answers.flatMap(([, answer]) => Object.values(contract.resolve(answer).content ?? {})),
  ];
  return media.some(({ schema }) => {
    const { properties = {} } = contract.resolve<{ properties?: object }>(schema ?? {});
    return Object.keys(properties).some(opens);
  });
}

const routeOf = (operation: string): Route | undefined =>
  contract.routes.find(({ method, path }) => `${method} ${path}` === operation);

it('has every operation in it that takes or gives what opens something', () => {
  const found = contract.routes.filter(concernsTokens).map(({ method, path }) => `${method} ${path}`);
  const known = new Set([...paths.map(({ operation }) => operation), forNobodyYet]);
  // A public key opens nothing by itself; who has the private one gets in by it.
  known.delete('POST /v1/service-accounts/{id}/public-keys');
  expect(found.sort()).toEqual([...known].sort());
  const once = routesOf(api.app).filter(({ handler }) =>
    Reflect.hasMetadata('acci:rest:shown-once', handler),
  );
  expect(once).toHaveLength(new Set(paths.filter(isShownOnce).map(({ operation }) => operation)).size);
});

const isShownOnce = ({ operation }: TokenPath) =>
  /(api-keys|rotate|secrets|impersonations|offers)$/.test(operation);

it('lets those in who may, by each way', async () => {
  const tenantId = await house.tenant();
  const wrong: string[] = [];
  for (const path of paths) {
    const { late, ask } = await path.ready(tenantId);
    await late?.();
    const before = await house.stored();
    const answer = await ask();
    const name = `${path.operation} (${path.way})`;
    if (!answer.ok) wrong.push(`${name}: ${answer.status} ${await answer.text()}`);
    if ((await added(before)) > 0 !== path.stores) wrong.push(`${name}: ${await added(before)} added`);
  }
  expect(wrong).toEqual([]);
});

const added = async (before: ReadonlySet<string>): Promise<number> =>
  [...(await house.stored())].filter((one) => !before.has(one)).length;

describe.each<State>(['locked', 'deactivated', 'deleted', 'disabled', 'removed', 'suspended', 'scheduled'])(
  '%s',
  (state) => {
    it('is refused by each way, as documented, and nothing is stored', async () => {
      const concerned = paths.filter(({ refused }) => refused[state] !== undefined);
      expect(concerned.length).toBeGreaterThan(5);
      const wrong: string[] = [];
      const ofTenant = state === 'suspended' || state === 'scheduled';
      const shared = await house.tenant();
      for (const path of concerned) {
        const { who, late, ask } = await path.ready(ofTenant ? await house.tenant() : shared);
        await house.enter(state, who);
        await late?.();
        const before = await house.stored();
        const answer = await ask();
        const { status } = answer;
        const text = await answer.clone().text();
        const { code, error } = JSON.parse(text || '{}') as { code?: string; error?: string };
        const name = `${path.operation} (${path.way})`;
        if (status < 400 || (code ?? error) !== path.refused[state]) wrong.push(`${name}: ${status} ${text}`);
        if ((await added(before)) > 0) wrong.push(`${name}: something is stored`);
        const route = routeOf(path.operation);
        wrong.push(...(route ? await contract.violations(route, answer) : [`${name} is not documented`]));
      }
      expect(wrong).toEqual([]);
    });
  },
);
