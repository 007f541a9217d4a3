import { uuidv7 } from '@acci/database';
import { VersionMismatch } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { rebuildNow } from '@acci/projections/testing';
import {
  ActivateUser,
  ChangeUserProfile,
  DeactivateUser,
  DeleteUser,
  LockUser,
  ReactivateUser,
  UnlockUser,
  UserEmailTaken,
  UserNameTaken,
  UserNotFound,
} from '../index.js';
import { UsersOfTenant } from '../spec-support/users-of-tenant.js';

const globex = uuidv7();
let users: UsersOfTenant;

beforeAll(async () => {
  users = await UsersOfTenant.start();
});
afterAll(() => users.close());

describe('users in the database', () => {
  it('are what their events say, from the invitation on', async () => {
    const id = await users.invite({
      email: 'Ada@Example.com',
      userName: 'ADA',
      givenName: 'Ada',
      displayName: undefined,
    });
    expect(await users.get(id)).toMatchObject({
      email: 'ada@example.com',
      userName: 'ada',
      displayName: 'Ada',
      status: 'invited',
      emailVerifiedAt: null,
      version: 1,
    });
    await users.execute(new ActivateUser(users.ctx, { id, emailVerified: true }));
    await users.execute(
      new ChangeUserProfile(users.ctx, { id, profile: { userName: null, department: 'Engines' } }),
    );
    await users.execute(new LockUser(users.ctx, { id, reason: 'Lost laptop' }));
    const user = await users.get(id);
    expect(user).toMatchObject({
      userName: null,
      givenName: 'Ada',
      department: 'Engines',
      status: 'active',
      lockReason: 'Lost laptop',
      version: 4,
    });
    expect([user.lockedAt, user.emailVerifiedAt]).toEqual([expect.any(String), expect.any(String)]);
    await users.execute(new UnlockUser(users.ctx, { id }));
    await users.execute(new DeactivateUser(users.ctx, { id }));
    expect(await users.get(id)).toMatchObject({ status: 'deactivated', lockedAt: null, lockReason: null });
    await users.execute(new ReactivateUser(users.ctx, { id }));
    expect(await users.get(id)).toMatchObject({ status: 'active', version: 7 });
  });

  it('are invited once by 50 who try at the same time with one address, however it is written', async () => {
    const ways = ['race@example.com', 'RACE@example.com', 'Race@EXAMPLE.com'];
    const tries = Array.from({ length: 50 }, (_, index) =>
      users.invite({ email: ways[index % 3] as string }),
    );
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(UserEmailTaken);
    expect((await users.list({ search: 'race@example.com' })).items).toHaveLength(1);
  });

  it('have a user name that nobody else has, in any case or width, until they give it up', async () => {
    const id = await users.invite({ userName: 'grace' });
    for (const userName of ['Grace', 'ＧＲＡＣＥ']) {
      await expect(users.invite({ userName })).rejects.toThrow(UserNameTaken);
    }
    await users.execute(new ChangeUserProfile(users.ctx, { id, profile: { userName: 'hopper' } }));
    await expect(users.invite({ userName: 'Grace' })).resolves.toBeDefined();
    const profile = { userName: 'HOPPER' };
    await expect(
      users.execute(new ChangeUserProfile(users.ctx, { id: await users.invite(), profile })),
    ).rejects.toThrow(UserNameTaken);
  });

  it('are not there for another tenant, which may have the same address', async () => {
    const id = await users.create({ email: 'both@example.com' });
    const other = testContext({ tenantId: globex });
    await expect(users.create({ email: 'both@example.com' }, other)).resolves.not.toBe(id);
    for (const missing of [id, uuidv7()]) {
      await expect(users.get(missing, other)).rejects.toThrow(UserNotFound);
      await expect(users.execute(new DeleteUser(other, { id: missing }))).rejects.toThrow(UserNotFound);
      await expect(users.execute(new LockUser(other, { id: missing, reason: 'x' }))).rejects.toThrow(
        UserNotFound,
      );
      expect(await users.accounts.findById(globex, missing)).toBeUndefined();
    }
    expect((await users.accounts.findByLogin(globex, 'both@example.com'))?.id).not.toBe(id);
  });

  it('are changed on the version that was seen', async () => {
    const id = await users.create();
    const profile = { displayName: 'Other' };
    await expect(
      users.execute(new ChangeUserProfile(users.ctx, { id, expectedVersion: 7, profile })),
    ).rejects.toThrow(VersionMismatch);
    await expect(users.execute(new DeleteUser(users.ctx, { id, expectedVersion: 7 }))).rejects.toThrow(
      VersionMismatch,
    );
    expect((await users.get(id)).displayName).toBe('Somebody');
  });

  it('are in the lists byte for byte after they were rebuilt, and rebuilt again', async () => {
    await users.execute(new DeleteUser(users.ctx, { id: await users.create({ userName: 'gone' }) }));
    await users.execute(new LockUser(users.ctx, { id: await users.create(), reason: 'Lost laptop' }));
    await users.execute(new DeactivateUser(users.ctx, { id: await users.invite({ userName: 'gone' }) }));
    const live = async () => [
      await users.db.admin('select * from acci.users order by tenant_id, id'),
      await users.db.admin('select * from acci.user_words order by tenant_id, user_id, place'),
    ];
    const before = await live();
    expect(before[0]?.length).toBeGreaterThan(7);
    for (let time = 0; time < 2; time += 1) {
      await rebuildNow(users.app, 'auth.users');
      expect(await live()).toEqual(before);
    }
  });
});
