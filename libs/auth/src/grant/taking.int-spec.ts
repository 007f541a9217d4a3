import type { TestDatabase } from '@acci/database/testing';
import { EventStore } from '@acci/event-store';
import type { INestApplicationContext } from '@nestjs/common';
import {
  ChangeRole,
  CreateApiKey,
  DeleteGroup,
  DeleteRole,
  type Grantor,
  LockUser,
  PermissionNotHeld,
  RevokeApiKey,
  type RoleDescription,
} from '../index.js';
import { Role } from '../role/role.aggregate.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { Grantors, program } from '../spec-support/grantors.js';
import { contextIn } from '../spec-support/log-in.js';

let db: TestDatabase;
let app: INestApplicationContext;
let acme: Grantors;

beforeAll(async () => {
  db = await createAuthDatabase();
  app = await startContext(db);
  acme = await Grantors.start(app);
  // Or the others could not be locked: an owner stays.
  await acme.user('owner');
});
afterAll(async () => {
  await app.close();
  await db.close();
});

const change = (by: Grantor, id: string, role: Partial<RoleDescription>) =>
  acme.execute(new ChangeRole(contextIn(acme.tenantId), by, { id, role }));

describe('Nobody takes what they do not hold', () => {
  it('by a role that they make give less, or on less', async () => {
    const editor = await acme.holding('auth.roles.change', 'auth.users.read');
    const id = await acme.role({ permissions: ['auth.users.delete', 'auth.users.read'] });
    const officer = await acme.user(id);
    for (const role of [{ permissions: [] }, { permissions: ['auth.users.read'] }])
      await expect(change(editor, id, role)).rejects.toThrow(PermissionNotHeld);
    expect((await acme.as(officer)).permissions).toContain('auth.users.delete');
    await change(editor, id, { name: 'Officers' });
    const reader = await acme.role({ permissions: ['auth.users.read'] });
    await change(editor, reader, { condition: { department: { equals: 'Sales' } } });
  });
});

describe('Whoever is kept out', () => {
  it('gives nothing with what they were let in with a moment ago', async () => {
    const id = await acme.user('owner');
    const asTheyWere = await acme.as(id);
    const give = async (by: Grantor) => acme.setUser(await acme.user(), 'auditor', true, by);
    await give(asTheyWere);
    await acme.execute(new LockUser(contextIn(acme.tenantId), { id, reason: 'test' }));
    await expect(give(asTheyWere)).rejects.toThrow(PermissionNotHeld);
  });

  it('gives nothing with a key, be it revoked, without its role, or of somebody who is kept out', async () => {
    const ctx = contextIn(acme.tenantId);
    const owner = await acme.user('owner');
    const by = await acme.as(owner);
    const wish = { name: 'Key', permissions: ['auth.users.read', 'auth.roles.assign'] };
    const reader = await acme.role({ permissions: ['auth.users.read'] });
    const give = async (grantor: Grantor) => acme.setUser(await acme.user(), reader, true, grantor);
    const keyOf = async (creator: Grantor) => {
      const { streamId: key } = await acme.execute(new CreateApiKey(ctx, creator, wish));
      const { tenantId } = acme;
      return {
        tenantId,
        subject: { type: 'api_key', id: key },
        permissions: new Set(wish.permissions),
      } as const;
    };
    const [revoked, theirs] = [await keyOf(program), await keyOf(by)];
    const owned = { ...theirs, owner: { type: 'user', id: owner } as const };
    for (const key of [revoked, owned]) await give(key);
    await acme.execute(new RevokeApiKey(ctx, revoked.subject.id));
    await acme.execute(new LockUser(ctx, { id: owner, reason: 'test' }));
    for (const key of [revoked, owned]) await expect(give(key)).rejects.toThrow(PermissionNotHeld);
  });
});

describe('Whoever loses a role while they give it 50 times', () => {
  it('has given it before, and never after', async () => {
    const id = await acme.role({ permissions: ['auth.roles.assign', 'auth.users.read'] });
    const manager = await acme.user(id);
    const by = await acme.as(manager);
    const targets = await Promise.all(Array.from({ length: 50 }, () => acme.user()));
    const give = (target: string) => acme.setUser(target, id, true, by);
    const results = await Promise.allSettled([
      ...targets.slice(0, 25).map(give),
      acme.setUser(manager, id, false),
      ...targets.slice(25).map(give),
    ]);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(PermissionNotHeld);
    const positions = (type: string, ids: readonly string[]) =>
      db.admin<{ position: number }>(
        'select position::int from acci.events where type = $1 and stream_id = any ($2)',
        [type, ids],
      );
    const [lost] = await positions('auth.user.role_revoked', [manager]);
    const given = await positions('auth.user.role_assigned', targets);
    for (const { position } of given) expect(position).toBeLessThan(lost?.position ?? 0);
    await expect(give(targets[0] as string)).rejects.toThrow(PermissionNotHeld);
  });
});

describe('A role that gives nothing', () => {
  it('is given and taken as any other, so that it can be deleted', async () => {
    const id = await acme.role({ permissions: ['auth.users.read'] });
    const user = await acme.user(id);
    await change(program, id, { permissions: [] });
    await acme.setUser(user, id, false);
    await acme.setUser(user, id, true);
    await acme.setUser(user, id, false);
    await acme.execute(new DeleteRole(contextIn(acme.tenantId), { id }));
  });
});

describe('A permission that no route asks for any more', () => {
  /** A role as it was made while there was such a route. */
  const stale = async () => {
    const role = new Role(crypto.randomUUID());
    const name = `Stale ${role.id}`;
    const permissions = ['auth.users.read', 'shop.orders.read', 'shop.*'];
    role.create({ name, description: null, permissions, condition: null });
    return (await app.get(EventStore).save(contextIn(acme.tenantId), role)).streamId;
  };

  it('is given to nobody: there may be such a route again', async () => {
    const owner = await acme.as(await acme.user('owner'));
    const id = await stale();
    await expect(acme.setUser(await acme.user(), id, true, owner)).rejects.toThrow(PermissionNotHeld);
    const group = await acme.group([id]);
    await expect(acme.setMember(group, await acme.user(), true, owner)).rejects.toThrow(PermissionNotHeld);
  });

  it('does not keep an owner from taking the role, mending it, or touching who has it', async () => {
    const owner = await acme.as(await acme.user('owner'));
    const id = await stale();
    const [user, member] = [await acme.user(id), await acme.user()];
    const group = await acme.group([id], [member]);
    const lock = new LockUser(contextIn(acme.tenantId), { id: member, reason: 'test' }, owner);
    await acme.execute(lock);
    await acme.setMember(group, member, false, owner);
    await acme.setUser(user, id, false, owner);
    await acme.execute(new DeleteGroup(contextIn(acme.tenantId), owner, { id: group }));
    await change(owner, id, { permissions: ['auth.users.read'] });
    await acme.setUser(user, id, true, owner);
  });
});
