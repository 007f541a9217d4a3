import {
  type Account,
  ConfirmEmailChange,
  DeactivateUser,
  LockUser,
  mayLogIn,
  RequestEmailChange,
  RequestPasswordReset,
  UnlockUser,
  UserEmailTaken,
} from '../index.js';
import { UsersOfTenant } from '../spec-support/users-of-tenant.js';

let users: UsersOfTenant;

beforeAll(async () => {
  users = await UsersOfTenant.start();
});
afterAll(() => users.close());

describe('the accounts of users', () => {
  it('are found by what they log in with, and by nothing that merely looks like it', async () => {
    const id = await users.create({ email: 'login@example.com', userName: 'löwe' });
    for (const login of ['login@example.com', ' LOGIN@Example.com', 'löwe', 'LÖWE', 'lo\u0308we'])
      expect([login, (await users.accounts.findByLogin(users.ctx.tenantId, login))?.id]).toEqual([login, id]);
    const strange = ['log%@example.com', '%', '_____', '', 'l\0we', '\ud800', 'a'.repeat(1_000_000), 'lowe'];
    for (const login of strange)
      expect(await users.accounts.findByLogin(users.ctx.tenantId, login)).toBeUndefined();
  });

  it('may log in if active and not locked', async () => {
    const ask = async (id: string) =>
      mayLogIn((await users.accounts.findById(users.ctx.tenantId, id)) as Account);
    const id = await users.create();
    expect(await ask(id)).toBe(true);
    await users.execute(new LockUser(users.ctx, { id, reason: 'Lost laptop' }));
    expect(await ask(id)).toBe(false);
    await users.execute(new UnlockUser(users.ctx, { id }));
    await users.execute(new DeactivateUser(users.ctx, { id }));
    expect(await ask(id)).toBe(false);
    expect(await ask(await users.invite())).toBe(false);
  });

  it('change their address only when they confirm it, and only if it is free then', async () => {
    const id = await users.create({ email: 'old@example.com' });
    const rival = await users.create({ email: 'rival@example.com' });
    const confirm = async (user: string) => {
      const requestId = (await users.eventsOf(user)).at(-1)?.data['requestId'] as string;
      return users.execute(new ConfirmEmailChange(users.ctx, { id: user, requestId }));
    };
    for (const user of [id, rival])
      await users.execute(new RequestEmailChange(users.ctx, { id: user, email: 'New@example.com' }));
    expect((await users.get(id)).email).toBe('old@example.com');
    await confirm(id);
    expect((await users.get(id)).email).toBe('new@example.com');
    await expect(confirm(rival)).rejects.toThrow(UserEmailTaken);
    expect((await users.list({ search: 'new@' })).items.map((user) => user.id)).toEqual([id]);
    await expect(users.invite({ email: 'OLD@example.com' })).resolves.toBeDefined();
  });

  it('are asked for a new password without a word about who there is', async () => {
    const id = await users.create({ email: 'forgetful@example.com' });
    const locked = await users.create({ email: 'locked@example.com' });
    await users.execute(new LockUser(users.ctx, { id: locked, reason: 'x' }));
    for (const login of [
      'Forgetful@example.com',
      'forgetful@example.com',
      'locked@example.com',
      'nobody@example.com',
    ])
      await expect(users.execute(new RequestPasswordReset(users.ctx, { login }))).resolves.toBeUndefined();
    const asked = async (user: string) =>
      (await users.eventsOf(user)).filter(({ type }) => type === 'auth.user.password_reset_requested').length;
    expect([await asked(id), await asked(locked)]).toEqual([1, 0]);
  });
});
