import { PermissionCatalogue } from '@acci/auth';
import { Contract, type Document } from '../openapi/document.js';
import { ApiUnderTest } from '../setup/api-under-test.js';
import { makersFor } from './makers.js';
import { Requests } from './requests.js';
import { routeTable, type TableRoute } from './route-table.js';
import { type Caller, type TenantWithAdmin, World } from './world.js';

type GuardedRoute = TableRoute & { readonly access: { readonly permission: string } };

/**
 * Whatever an operator who acts in a tenant may change there: it lets nobody in, and gives nobody anything. A route that
 * changes something is here, or it is refused: whoever adds one decides.
 */
const leavesNothingBehind = [
  'DELETE /v1/api-keys/{id}',
  'DELETE /v1/auth/sessions',
  'DELETE /v1/auth/sessions/{id}',
  'DELETE /v1/roles/{id}',
  'DELETE /v1/service-accounts/{id}',
  'DELETE /v1/users/{id}',
  'DELETE /v1/users/{id}/sessions',
  'PATCH /v1/groups/{id}',
  'PATCH /v1/users/{id}',
  'POST /v1/auth/logout',
  'POST /v1/groups',
  'POST /v1/service-accounts/{id}/disable',
  'POST /v1/users/{id}/deactivate',
  'POST /v1/users/{id}/lock',
];

/** What is the platform's, which nobody can do from within a tenant. */
const ofThePlatform = /^(tenancy|projections|reactions)\./;

let api: ApiUnderTest;
let guarded: GuardedRoute[];
let requests: Requests;
let world: World;

beforeAll(async () => {
  api = await ApiUnderTest.start({ ACCI_TRUSTED_PROXIES: '127.0.0.1' });
  guarded = routeTable(api.app).filter((route): route is GuardedRoute => 'permission' in route.access);
  const document = (await (await api.fetch('/openapi/v1.json')).json()) as Document;
  world = await World.create(api, api.app.get(PermissionCatalogue).all());
  requests = new Requests(
    api,
    new Contract(document),
    makersFor(api, () => world),
  );
});
afterAll(() => api.close());

const nameOf = ({ method, path }: TableRoute) => `${method} ${path}`;

/** An operator who acts in a tenant: as one of its users, or as nobody in particular. */
async function operatorIn({ id }: TenantWithAdmin, userId?: string): Promise<Caller> {
  const answer = await api.fetch(`/v1/tenants/${id}/impersonations`, {
    method: 'POST',
    body: JSON.stringify({ reason: 'To see what is refused', durationMinutes: 5, userId }),
  });
  const { token } = (await answer.json()) as { token: string };
  return { name: 'operator', headers: { authorization: `Bearer ${token}` } };
}

describe.each(['nobody in particular', 'an owner'] as const)('an operator who acts as %s', (as) => {
  it('is refused whatever makes credentials or gives permissions: all that changes something, but for a list', async () => {
    const changing = guarded.filter(
      ({ method, access }) => method !== 'GET' && !ofThePlatform.test(access.permission),
    );
    expect(changing.length).toBeGreaterThan(30);
    const done: string[] = [];
    const wrong: string[] = [];
    for (const route of changing) {
      // What is done to one is gone for the next.
      const isHarmless = leavesNothingBehind.includes(nameOf(route));
      const tenant = isHarmless ? await world.another() : world.victim;
      const request = await requests.about(tenant, route);
      const caller = await operatorIn(tenant, as === 'an owner' ? tenant.owner.userId : undefined);
      const { status, code, text } = await requests.send(request, caller);
      if (code !== 'auth.impersonation.refused') done.push(nameOf(route));
      else if (status !== 403) wrong.push(text);
    }
    expect(wrong).toEqual([]);
    expect(done.sort()).toEqual(leavesNothingBehind);
  });

  it('does nothing of the platform’s, and learns of no other operator', async () => {
    const caller = await operatorIn(world.victim, as === 'an owner' ? world.victim.owner.userId : undefined);
    const wrong: string[] = [];
    for (const route of guarded) {
      const { permission } = route.access;
      if (!ofThePlatform.test(permission) && !permission.startsWith('auth.impersonations.')) continue;
      const { status, text } = await requests.send(await requests.about(world.victim, route), caller);
      if (status !== 403) wrong.push(`${nameOf(route)}: ${text}`);
    }
    expect(wrong).toEqual([]);
  });
});
