import type { TestDatabase } from '@acci/database/testing';
import { EventStore } from '@acci/event-store';
import type { INestApplicationContext } from '@nestjs/common';
import {
  ChangeRole,
  CreateApiKey,
  DeleteGroup,
  DeleteRole,
  type Grantor,
  GrantGate,
  PermissionNotHeld,
  PermissionUnknown,
  type RoleDescription,
  RoleStillAssigned,
  RoleBuiltIn,
  RoleConditionUnsupported,
  RoleNameTaken,
  RoleNotFound,
  RoleNotPlatform,
} from '../index.js';
import { Role } from '../role/role.aggregate.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { Grantors, program } from '../spec-support/grantors.js';
import { contextIn } from '../spec-support/log-in.js';
import { someoneWaits } from '../spec-support/someone-waits.js';

let db: TestDatabase;
let app: INestApplicationContext;
let acme: Grantors;

beforeAll(async () => {
  db = await createAuthDatabase();
  app = await startContext(db);
  acme = await Grantors.start(app);
});
afterAll(async () => {
  await app.close();
  await db.close();
});

const own = { department: { user: 'department' } } as const;
const sales = { department: { equals: 'Sales' } } as const;
const change = (by: Grantor, id: string, role: Partial<RoleDescription>) =>
  acme.execute(new ChangeRole(contextIn(acme.tenantId), by, { id, role }));

describe('Nobody gives what they do not hold', () => {
  it('by a role that they assign, and nobody takes one that gives more than they hold', async () => {
    const manager = await acme.holding('auth.roles.assign', 'auth.users.read');
    const reader = await acme.role({ permissions: ['auth.users.read'] });
    const deleter = await acme.role({ permissions: ['auth.users.delete'] });
    const user = await acme.user();
    await acme.setUser(user, reader, true, manager);
    for (const roleId of [deleter, 'admin', 'owner'])
      await expect(acme.setUser(user, roleId, true, manager)).rejects.toThrow(PermissionNotHeld);
    const { id: self } = manager.subject ?? { id: '' };
    await expect(acme.setUser(self, deleter, true, manager)).rejects.toThrow(PermissionNotHeld);
    const admin = await acme.as(await acme.user('admin'));
    await expect(acme.setUser(await acme.user('owner'), 'owner', false, admin)).rejects.toThrow(
      PermissionNotHeld,
    );
    expect((await acme.as(user)).permissions).toEqual(new Set(['auth.users.read']));
  });

  it('by a role that they make, or change while others have it', async () => {
    const maker = await acme.holding('auth.roles.create', 'auth.roles.change', 'auth.users.read');
    await expect(acme.role({ permissions: ['auth.users.delete'] }, maker)).rejects.toThrow(PermissionNotHeld);
    await expect(acme.role({ permissions: ['auth.users.*'] }, maker)).rejects.toThrow(PermissionNotHeld);
    const id = await acme.role({ permissions: ['auth.users.read'] }, maker);
    await acme.setUser(await acme.user(), id, true);
    const permissions = ['auth.users.delete', 'auth.users.read'];
    await expect(change(maker, id, { permissions })).rejects.toThrow(PermissionNotHeld);
    await change(maker, id, { name: 'Readers of users' });
  });

  it('by a group: by its role, or by its members', async () => {
    const manager = await acme.holding('auth.groups.assign', 'auth.groups.delete', 'auth.roles.assign');
    const group = await acme.group();
    const user = await acme.user();
    await acme.setMember(group, user, true, manager);
    await expect(acme.set({ type: 'group', id: group }, 'admin', true, manager)).rejects.toThrow(
      PermissionNotHeld,
    );
    const admins = await acme.group(['admin'], [user]);
    await expect(acme.setMember(admins, await acme.user(), true, manager)).rejects.toThrow(PermissionNotHeld);
    await expect(acme.setMember(admins, user, false, manager)).rejects.toThrow(PermissionNotHeld);
    const remove = new DeleteGroup(contextIn(acme.tenantId), manager, { id: admins });
    await expect(acme.execute(remove)).rejects.toThrow(PermissionNotHeld);
  });

  it('by a key', async () => {
    const maker = await acme.holding('auth.api_keys.create', 'auth.users.read');
    const make = (...permissions: string[]) =>
      acme.execute(new CreateApiKey(contextIn(acme.tenantId), maker, { name: 'Key', permissions }));
    const { streamId: id } = await make('auth.users.read');
    await expect(make('auth.users.delete')).rejects.toThrow(PermissionNotHeld);
    await expect(acme.set({ type: 'api_key', id }, 'admin', true, maker)).rejects.toThrow(PermissionNotHeld);
  });

  it('by a condition that they take away, make wider, or let mean something else for another', async () => {
    const conditional = await acme.role({ permissions: ['auth.users.read'], condition: own });
    const may = await acme.role({
      permissions: ['auth.roles.assign', 'auth.roles.change', 'auth.roles.create'],
    });
    const seller = await acme.as(await acme.userOf('Sales', conditional, may));
    const terms = { permissions: ['auth.users.read'] };
    const id = await acme.role({ ...terms, condition: sales }, seller);
    await acme.setUser(await acme.user(), id, true, seller);
    const wider = { department: { in: ['Sales', 'HR'] } };
    for (const condition of [null, wider, own, { status: { equals: 'active' } }]) {
      await expect(change(seller, id, { condition })).rejects.toThrow(PermissionNotHeld);
      await expect(acme.role({ ...terms, condition }, seller)).rejects.toThrow(PermissionNotHeld);
    }
    await expect(acme.setUser(await acme.userOf('HR'), conditional, true, seller)).rejects.toThrow(
      PermissionNotHeld,
    );
    await change(seller, id, { condition: { ...sales, status: { equals: 'active' } } });
  });

  it('by a key that has no condition', async () => {
    const conditional = await acme.role({ permissions: ['auth.users.read'], condition: own });
    const may = await acme.role({ permissions: ['auth.api_keys.create'] });
    const seller = await acme.as(await acme.userOf('Sales', conditional, may));
    const wish = { name: 'Key', permissions: ['auth.users.read'] };
    const make = new CreateApiKey(contextIn(acme.tenantId), seller, wish);
    await expect(acme.execute(make)).rejects.toThrow(PermissionNotHeld);
  });

  it('while the role that they assign gets another permission', async () => {
    const manager = await acme.holding('auth.roles.assign', 'auth.users.read');
    const user = await acme.user();
    const id = await acme.role({ permissions: ['auth.users.read'] });
    const [entered, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ctx = contextIn(acme.tenantId);
    const changing = app.get(GrantGate).change(ctx, program, async () => {
      const permissions = ['auth.users.delete', 'auth.users.read'];
      await app.get(EventStore).update(ctx, Role, id, (role) => void role.change({ permissions }));
      entered.resolve();
      await go.promise;
    });
    await entered.promise;
    const assigning = Promise.allSettled([acme.setUser(user, id, true, manager)]);
    await someoneWaits(db);
    go.resolve();
    await changing;
    expect(await assigning).toMatchObject([{ status: 'rejected', reason: expect.any(PermissionNotHeld) }]);
  });

  it('while they lose it themselves', async () => {
    const id = await acme.role({ permissions: ['auth.roles.assign', 'auth.users.read'] });
    const manager = await acme.user(id);
    const asTheyWere = await acme.as(manager);
    await acme.setUser(manager, id, false);
    await expect(acme.setUser(await acme.user(), id, true, asTheyWere)).rejects.toThrow(PermissionNotHeld);
  });
});

describe('A role', () => {
  it('gives only what some route asks for, under conditions that the routes ask for', async () => {
    await expect(acme.role({ permissions: ['*'] })).rejects.toThrow(RoleNotPlatform);
    await expect(acme.role({ permissions: ['auth.typos.read'] })).rejects.toThrow(PermissionUnknown);
    const possible = ['auth.users.read'];
    await acme.role({ permissions: possible, condition: own });
    for (const terms of [
      { permissions: ['auth.users.delete'], condition: own },
      { permissions: ['auth.users.*'], condition: own },
      { permissions: possible, condition: { email: { equals: 'a@example.com' } } },
    ])
      await expect(acme.role(terms)).rejects.toThrow(RoleConditionUnsupported);
  });

  it('is deleted only when nobody has it, and is then nothing that could be assigned', async () => {
    const id = await acme.role({ permissions: ['auth.users.read'] });
    const group = await acme.group([id]);
    const remove = () => acme.execute(new DeleteRole(contextIn(acme.tenantId), { id }));
    await expect(remove()).rejects.toThrow(RoleStillAssigned);
    await acme.set({ type: 'group', id: group }, id, false);
    await remove();
    await expect(acme.setUser(await acme.user(), id, true)).rejects.toThrow(RoleNotFound);
    for (const builtIn of ['owner', 'member'])
      await expect(change(program, builtIn, { description: 'Mine' })).rejects.toThrow(RoleBuiltIn);
  });

  it('cannot be called like a built-in one', async () => {
    const id = await acme.role({});
    for (const name of ['Owner', 'OWNER', 'ｏwner', 'administrator', 'admin'])
      await expect(change(program, id, { name })).rejects.toThrow(RoleNameTaken);
  });

  it('of the platform is none in a tenant', async () => {
    await expect(acme.setUser(await acme.user(), 'operator', true)).rejects.toThrow(RoleNotFound);
  });

  it('gives nothing under a condition to whoever lacks what it compares with', async () => {
    const id = await acme.role({ permissions: ['auth.users.read'], condition: own });
    expect(await acme.as(await acme.user(id))).toMatchObject({ permissions: new Set(), conditional: [] });
    expect((await acme.as(await acme.userOf('HR', id))).conditional).toEqual([
      { permissions: new Set(['auth.users.read']), condition: { department: ['HR'] } },
    ]);
  });
});
