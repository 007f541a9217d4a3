import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import type { Message } from '@acci/rest/testing';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { EndSession, SetGuestRole } from '../index.js';
import { AuthServer, createAuthDatabase, followIn } from '../spec-support/auth-app.js';
import { Grantors, program } from '../spec-support/grantors.js';
import { contextIn, logIn } from '../spec-support/log-in.js';
import { issueKey } from '../testing.js';

/** What stands beside a list, tried out on one member of it. */
interface Followed {
  /** The list, with `:id` for whose it is. */
  readonly path: string;
  /** Whose list, and somebody's of the same tenant whose list it is not. */
  readonly of?: () => Promise<readonly [string, string]>;
  /** Who asks; a key with every right in the tenant, if nobody is named. */
  readonly as?: () => Promise<Person>;
  /** What comes into the list of whoever is named; gives what takes it out again. */
  readonly add: (of: string) => Promise<() => Promise<unknown>>;
  /** The member that `removed` is told of; none for a list that is told as a whole. */
  readonly key?: 'id' | 'userId';
}

interface Person {
  readonly id: string;
  readonly token: string;
}

let db: TestDatabase;
let server: AuthServer;
let parent: Grantors;
let tenant: Grantors;
let stranger: Grantors;
let key: string;
let strangersKey: string;
const follow = followIn(() => server);

beforeAll(async () => {
  db = await createAuthDatabase();
  server = await AuthServer.start('fastify', db);
  parent = await Grantors.start(server.app);
  tenant = await Grantors.start(server.app, parent.tenantId);
  stranger = await Grantors.start(server.app, parent.tenantId);
  ({ key } = await issueKey(server.app, { tenantId: tenant.tenantId }));
  ({ key: strangersKey } = await issueKey(server.app, { tenantId: stranger.tenantId }));
});
afterAll(async () => {
  await server.app.close();
  await db.close();
});

async function person(house: Grantors): Promise<Person> {
  const id = await house.user();
  return { id, token: (await logIn(server.app, house.tenantId, id)).token };
}
async function done(method: string, path: string, body?: object, token = key) {
  const answer = await server.send(method, `/v1/${path}`, token, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body as { id: string; token: string };
}

const created = async (path: string) => (await done('POST', path, { name: `A ${uuidv7()}` })).id;
const twoUsers = async () => [await tenant.user(), await tenant.user()] as const;
const roles = (path: string, of: Followed['of'] & {}): Followed => ({
  path: `${path}/:id/roles`,
  of,
  add: async (id) => {
    const role = await tenant.role({});
    await done('PUT', `${path}/${id}/roles/${role}`);
    return () => done('DELETE', `${path}/${id}/roles/${role}`);
  },
});
const session = async (userId: string) => {
  const { id } = (await logIn(server.app, tenant.tenantId, userId)).session;
  const end = { id, whose: 'anybody', reason: 'logout' } as const;
  return () => tenant.execute(new EndSession(contextIn(tenant.tenantId), end));
};
const operatorIn = async (house: Grantors, token: string) => {
  const platform = new Grantors(server.app, PLATFORM_TENANT_ID);
  const { token: operator } = await logIn(server.app, PLATFORM_TENANT_ID, await platform.user('operator'));
  const { id } = await done('POST', `tenants/${house.tenantId}/impersonations`, { reason: 'x' }, operator);
  return () => done('DELETE', `impersonations/${id}`, undefined, token);
};
const guestIn = async ({ tenantId }: Grantors) => {
  const set = (has: boolean) =>
    new SetGuestRole(contextIn(tenantId), program, { userId, roleId: 'auditor', has });
  const userId = await parent.user();
  await tenant.execute(set(true));
  return () => tenant.execute(set(false));
};

const lists: readonly Followed[] = [
  roles('users', twoUsers),
  roles('groups', async () => [await tenant.group(), await tenant.group()]),
  roles('service-accounts', async () => [
    await created('service-accounts'),
    await created('service-accounts'),
  ]),
  roles('api-keys', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(() => issueKey(server.app, { tenantId: tenant.tenantId })),
    );
    return [one?.id ?? '', other?.id ?? ''];
  }),
  {
    path: 'groups/:id/members',
    of: async () => [await tenant.group(), await tenant.group()],
    add: async (id) => {
      const user = await tenant.user();
      await tenant.setMember(id, user, true);
      return () => tenant.setMember(id, user, false);
    },
    key: 'userId',
  },
  {
    path: 'service-accounts/:id/credentials',
    of: async () => [await created('service-accounts'), await created('service-accounts')],
    add: async (id) => {
      const secret = await created(`service-accounts/${id}/secrets`);
      return () => done('DELETE', `service-accounts/${id}/credentials/${secret}`);
    },
    key: 'id',
  },
  { path: 'users/:id/sessions', of: twoUsers, add: session, key: 'id' },
  { path: 'auth/sessions', as: () => person(tenant), add: session, key: 'id' },
  {
    path: 'me/identity-links',
    as: () => person(tenant),
    add: async (id) => {
      const { token } = await logIn(server.app, tenant.tenantId, id);
      const elsewhere = await person(stranger);
      const offer = await done('POST', 'me/identity-links/offers', undefined, elsewhere.token);
      const link = await done('POST', 'me/identity-links', { token: offer.token }, token);
      return () => done('DELETE', `me/identity-links/${link.id}`, undefined, elsewhere.token);
    },
    key: 'id',
  },
  {
    path: 'guests',
    add: (of) => guestIn(of === stranger.tenantId ? stranger : tenant),
    key: 'userId',
  },
  {
    path: 'impersonations',
    add: (of) => (of === stranger.tenantId ? operatorIn(stranger, strangersKey) : operatorIn(tenant, key)),
    key: 'id',
  },
];

describe.each(lists)('GET /v1/$path/stream', ({ path, of, as, add, key: itemKey }) => {
  let token: string;
  let mine: string;
  let others: string;
  let list: string;
  beforeAll(async () => {
    const caller = await as?.();
    token = caller?.token ?? key;
    [mine, others] = (await of?.()) ?? [caller?.id ?? tenant.tenantId, ''];
    // Of what is the caller's own, another user's; of what is the tenant's, another tenant's.
    others ||= caller ? (await person(tenant)).id : stranger.tenantId;
    list = path.replace(':id', mine);
  });
  const items = async () =>
    (await server.send('GET', `/v1/${list}`, token)).body.items as Record<string, unknown>[];
  /** What the stream says when only this has come into the list, or left it. */
  const told = async (before: Record<string, unknown>[]): Promise<unknown> => {
    const now = await items();
    if (!itemKey) return { data: { items: now } };
    const has = (all: typeof now, item: (typeof now)[0]) => all.some((one) => one[itemKey] === item[itemKey]);
    const came = now.find((item) => !has(before, item));
    const gone = before.find((item) => !has(now, item));
    return gone ? { event: 'removed', data: { id: gone[itemKey] } } : { data: came };
  };
  const withoutId = ({ id: _id, ...message }: Message) => message;

  it('tells what comes and goes as the list has it, nothing of anybody else’s, and what was missed', async () => {
    const reader = await follow(`${list}/stream`, token);
    const begin = reader.lastEventId;
    const before = await items();
    const takeOthers = await add(others);
    const take = await add(mine);
    const came = await told(before);
    const [first = {}] = await reader.take(1);
    expect(withoutId(first)).toEqual(came);
    const between = await items();
    await takeOthers();
    await take();
    const left = await told(between);
    expect((await reader.take(1)).map(withoutId)).toEqual([left]);

    const resumed = await follow(`${list}/stream`, token, { 'last-event-id': first.id ?? '' });
    expect((await resumed.take(1)).map(withoutId)).toEqual([left]);
    const fromTheStart = await follow(`${list}/stream?cursor=${begin}`, token);
    expect((await fromTheStart.take(1)).map(withoutId)).toEqual([left]);
  });

  it('takes no cursor of another list', async () => {
    const elsewhere = of ? path.replace(':id', others) : 'groups';
    const { lastEventId } = await follow(`${elsewhere}/stream`, key);
    const answer = await server.send('GET', `/v1/${list}/stream?cursor=${lastEventId}`, token);
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.cursor.invalid' } });
  });

  if (!of) return;
  it('answers somebody of another tenant as of what does not exist', async () => {
    const ask = async (id: string) => {
      const answer = await server.send('GET', `/v1/${path.replace(':id', id)}/stream`, strangersKey);
      const { correlationId: _correlationId, ...body } = answer.body as Record<string, string>;
      return [answer.status, JSON.stringify(body).replaceAll(id, '')];
    };
    const answers = [await ask(mine), await ask(uuidv7())];
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.[0]).toBe(404);
  });
});
