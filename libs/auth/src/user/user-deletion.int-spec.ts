import { Database } from '@acci/database';
import { EventStore, PersonalData, SubjectForgotten } from '@acci/event-store';
import { ChangeUserProfile, DeleteUser, GrantGate, LockUser, program, UserNotFound } from '../index.js';
import { someoneWaits } from '../spec-support/someone-waits.js';
import { UsersOfTenant } from '../spec-support/users-of-tenant.js';
import { User } from './user.aggregate.js';

let users: UsersOfTenant;

beforeAll(async () => {
  users = await UsersOfTenant.start();
});
afterAll(() => users.close());

describe('users who are deleted', () => {
  it('are forgotten with the same transaction, and their address is free', async () => {
    const person = {
      email: 'gone@example.com',
      userName: 'gone',
      givenName: 'Gone',
      displayName: 'Gone Girl',
    };
    const id = await users.create(person);
    await users.execute(new LockUser(users.ctx, { id, reason: 'Gone leaves' }));
    await users.execute(new DeleteUser(users.ctx, { id }));

    await expect(users.get(id)).rejects.toThrow(UserNotFound);
    expect(await users.accounts.findByLogin(users.ctx.tenantId, 'gone@example.com')).toBeUndefined();
    expect((await users.list({ search: 'gone' })).items).toEqual([]);
    expect(await users.db.admin('select from acci.user_words where user_id = $1', [id])).toEqual([]);
    expect(JSON.stringify(await users.eventsOf(id)).toLowerCase()).not.toContain('gone');
    const [seen] = await users.app.get(EventStore).readStream(users.ctx, User.streamType, id);
    expect(seen?.data).toMatchObject({ email: 'forgotten@forgotten.invalid', userName: null });

    const [receipt] = await users.db.admin<{ id: string }>(
      'select id from acci.forgotten_subjects where subject = $1',
      [id],
    );
    expect(await users.app.get(PersonalData).verify(users.ctx, receipt?.id ?? '')).toMatchObject({
      verified: true,
    });
    await expect(users.execute(new DeleteUser(users.ctx, { id }))).rejects.toThrow(UserNotFound);
    await expect(users.create(person)).resolves.not.toBe(id);
  });

  it('are deleted once by 20 who try at the same time', async () => {
    const id = await users.create();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => users.execute(new DeleteUser(users.ctx, { id }))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(UserNotFound);
  });

  it('do not wait for each other when there are more of them than connections', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => users.create()));
    await Promise.all(ids.map((id) => users.execute(new DeleteUser(users.ctx, { id }))));
    expect(await users.db.admin('select from acci.users where id = any ($1)', [ids])).toEqual([]);
  });

  it('leave connections to whoever they wait for, however many they are', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => users.create()));
    const [entered, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const changing = users.app.get(GrantGate).change(users.ctx, program, async ({ tx }) => {
      await tx.query('select');
      entered.resolve();
      await go.promise;
    });
    await entered.promise;
    const deleting = Promise.all(ids.map((id) => users.execute(new DeleteUser(users.ctx, { id }))));
    await someoneWaits(users.db);
    const { system } = users.app.get(Database).stats();
    go.resolve();
    await Promise.all([changing, deleting]);
    expect([system.waiting, system.total - system.idle < system.max]).toEqual([0, true]);
  });

  it('are gone as well if the person is forgotten without being deleted', async () => {
    const id = await users.create({ email: 'forgotten@example.com' });
    await users.app.get(PersonalData).forget(users.ctx, id);
    await expect(users.get(id)).rejects.toThrow(UserNotFound);
    const profile = { displayName: 'Back again' };
    await expect(users.execute(new ChangeUserProfile(users.ctx, { id, profile }))).rejects.toThrow(
      SubjectForgotten,
    );
  });
});
