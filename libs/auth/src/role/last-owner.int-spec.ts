import { Database } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { PersonalData } from '@acci/event-store';
import { rebuildNow } from '@acci/projections/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { DeactivateUser, DeleteGroup, DeleteUser, LastOwner, LockUser, UnlockUser } from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { Grantors, program } from '../spec-support/grantors.js';
import { contextIn } from '../spec-support/log-in.js';
import { someoneWaits } from '../spec-support/someone-waits.js';

let db: TestDatabase;
let app: INestApplicationContext;

beforeAll(async () => {
  db = await createAuthDatabase();
  app = await startContext(db);
});
afterAll(async () => {
  await app.close();
  await db.close();
});

type Way = readonly [name: string, go: (tenant: Grantors, id: string) => Promise<unknown>];
const ways: readonly Way[] = [
  ['deactivate', (t, id) => t.execute(new DeactivateUser(contextIn(t.tenantId), { id }))],
  ['lock', (t, id) => t.execute(new LockUser(contextIn(t.tenantId), { id, reason: 'test' }))],
  ['delete', (t, id) => t.execute(new DeleteUser(contextIn(t.tenantId), { id }))],
  ['forget', (t, id) => app.get(PersonalData, { strict: false }).forget(contextIn(t.tenantId), id)],
  ['revoke the role of', (t, id) => t.setUser(id, 'owner', false)],
];

describe('The last owner of a tenant', () => {
  it.each(ways)('stays, though somebody would %s them; the last but one goes', async (_name, go) => {
    const tenant = await Grantors.start(app);
    const [first, last] = [await tenant.user('owner'), await tenant.user('owner')];
    await go(tenant, first);
    await expect(go(tenant, last)).rejects.toThrow(LastOwner);
    expect((await tenant.as(last)).permissions).toContain('auth.users.delete');
  });

  it('stays, though they are one by a group only', async () => {
    const tenant = await Grantors.start(app);
    const owner = await tenant.user();
    const id = await tenant.group(['owner'], [owner]);
    for (const go of [
      () => tenant.setMember(id, owner, false),
      () => tenant.set({ type: 'group', id }, 'owner', false),
      () => tenant.execute(new DeleteGroup(contextIn(tenant.tenantId), program, { id })),
      () => tenant.execute(new LockUser(contextIn(tenant.tenantId), { id: owner, reason: 'test' })),
    ])
      await expect(go()).rejects.toThrow(LastOwner);
    await tenant.user('owner');
    await tenant.setMember(id, owner, false);
  });

  it('is not one who cannot log in', async () => {
    const tenant = await Grantors.start(app);
    const [owner, locked] = [await tenant.user('owner'), await tenant.user('owner')];
    const ctx = contextIn(tenant.tenantId);
    await tenant.execute(new LockUser(ctx, { id: locked, reason: 'test' }));
    const deactivate = () => tenant.execute(new DeactivateUser(ctx, { id: owner }));
    await expect(deactivate()).rejects.toThrow(LastOwner);
    await tenant.execute(new UnlockUser(ctx, { id: locked }));
    await deactivate();
  });

  it('stays when the other one goes in a transaction that has not ended yet', async () => {
    const tenant = await Grantors.start(app);
    const [first, last] = [await tenant.user('owner'), await tenant.user('owner')];
    const deactivate = (id: string) => tenant.execute(new DeactivateUser(contextIn(tenant.tenantId), { id }));
    const [entered, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const going = app.get(Database).inTenant(tenant.tenantId, async () => {
      await deactivate(first);
      entered.resolve();
      await go.promise;
    });
    await entered.promise;
    const results = Promise.allSettled([deactivate(last)]);
    await someoneWaits(db);
    go.resolve();
    await going;
    expect(await results).toMatchObject([{ status: 'rejected', reason: expect.any(LastOwner) }]);
  });

  it('stays when 50 owners are taken away at the same time, whichever way', async () => {
    const tenant = await Grantors.start(app);
    const owners = await Promise.all(Array.from({ length: 50 }, () => tenant.user('owner')));
    // To forget without deleting is no way that a request has.
    const requested = ways.filter(([name]) => name !== 'forget');
    const results = await Promise.allSettled(
      owners.map((id, index) => (requested[index % requested.length] as Way)[1](tenant, id)),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.map(({ reason }) => (reason as LastOwner).code)).toEqual(['auth.tenant.last_owner']);
  });

  it('is nobody in a tenant without owners, where all can go', async () => {
    const tenant = await Grantors.start(app);
    const id = await tenant.user('admin');
    await tenant.execute(new DeleteUser(contextIn(tenant.tenantId), { id }));
  });
});

describe('Who has which role', () => {
  it('is the same when it is made again from the events', async () => {
    const tenant = await Grantors.start(app);
    const user = await tenant.user('owner', await tenant.role({ permissions: ['auth.users.read'] }));
    const gone = await tenant.user('member');
    await tenant.group(['auditor'], [user, gone]);
    await tenant.execute(new DeleteUser(contextIn(tenant.tenantId), { id: gone }));
    const tables = ['roles', 'role_assignments', 'groups', 'group_members'];
    const read = () =>
      Promise.all(tables.map((table) => db.admin(`select * from acci.${table} order by ${table}::text`)));
    const before = await read();
    for (const name of ['auth.roles', 'auth.groups', 'auth.role-assignments']) await rebuildNow(app, name);
    expect(await read()).toEqual(before);
    expect(JSON.stringify(before)).not.toContain(gone);
  });
});
