import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore, PersonalData, SubjectForgotten, VersionMismatch } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { rebuildNow } from '@acci/projections/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  type Account,
  ActivateUser,
  ChangeUserProfile,
  ConfirmEmailChange,
  CreateUser,
  DeactivateUser,
  DeleteUser,
  GetUser,
  InviteUser,
  ListUsers,
  ListUsersQuery,
  LockUser,
  mayLogIn,
  type PersonInput,
  ReactivateUser,
  RequestEmailChange,
  RequestPasswordReset,
  UnlockUser,
  UserAccounts,
  UserEmailTaken,
  UserNameTaken,
  UserNotFound,
} from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { User } from './user.aggregate.js';

const acme = uuidv7();
const globex = uuidv7();
const ctx = testContext({ tenantId: acme });

let count = 0;
/** Somebody whose address nobody else has. */
const somebody = (more: Partial<PersonInput> = {}): PersonInput => ({
  email: `person${(count += 1)}@example.com`,
  displayName: 'Somebody',
  ...more,
});

describe('users in the database', () => {
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

  const accounts = () => app.get(UserAccounts);
  const execute = <R>(command: Command<R>): Promise<R> =>
    app.get(CommandBus, { strict: false }).execute(command);
  const get = (id: string, context = ctx) =>
    app.get(QueryBus, { strict: false }).execute(new GetUser(context, id));
  const list = async (query: Record<string, unknown>, context = ctx) => {
    const filter = ListUsersQuery.parse(query);
    return app.get(QueryBus, { strict: false }).execute(new ListUsers(context, filter));
  };
  const invite = async (more: Partial<PersonInput> = {}, context = ctx) =>
    (await execute(new InviteUser(context, somebody(more)))).streamId;
  const create = async (more: Partial<PersonInput> = {}, context = ctx) =>
    (await execute(new CreateUser(context, { ...somebody(more), emailVerified: true }))).streamId;
  const eventsOf = (id: string) =>
    db.admin<{ type: string; data: Record<string, unknown> }>(
      'select type, data from acci.events where stream_id = $1 order by version',
      [id],
    );

  it('are what their events say, from the invitation on', async () => {
    const id = await invite({
      email: 'Ada@Example.com',
      userName: 'ADA',
      givenName: 'Ada',
      displayName: undefined,
    });
    expect(await get(id)).toMatchObject({
      email: 'ada@example.com',
      userName: 'ada',
      displayName: 'Ada',
      status: 'invited',
      emailVerifiedAt: null,
      version: 1,
    });
    await execute(new ActivateUser(ctx, { id, emailVerified: true }));
    await execute(new ChangeUserProfile(ctx, { id, profile: { userName: null, department: 'Engines' } }));
    await execute(new LockUser(ctx, { id, reason: 'Lost laptop' }));
    const user = await get(id);
    expect(user).toMatchObject({
      userName: null,
      givenName: 'Ada',
      department: 'Engines',
      status: 'active',
      lockReason: 'Lost laptop',
      version: 4,
    });
    expect([user.lockedAt, user.emailVerifiedAt]).toEqual([expect.any(String), expect.any(String)]);
    await execute(new UnlockUser(ctx, { id }));
    await execute(new DeactivateUser(ctx, { id }));
    expect(await get(id)).toMatchObject({ status: 'deactivated', lockedAt: null, lockReason: null });
    await execute(new ReactivateUser(ctx, { id }));
    expect(await get(id)).toMatchObject({ status: 'active', version: 7 });
  });

  it('are invited once by 50 who try at the same time with one address, however it is written', async () => {
    const ways = ['race@example.com', 'RACE@example.com', 'Race@EXAMPLE.com'];
    const tries = Array.from({ length: 50 }, (_, index) => invite({ email: ways[index % 3] as string }));
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(UserEmailTaken);
    expect((await list({ search: 'race@example.com' })).items).toHaveLength(1);
  });

  it('have a user name that nobody else has, in any case or width, until they give it up', async () => {
    const id = await invite({ userName: 'grace' });
    for (const userName of ['Grace', 'ＧＲＡＣＥ']) {
      await expect(invite({ userName })).rejects.toThrow(UserNameTaken);
    }
    await execute(new ChangeUserProfile(ctx, { id, profile: { userName: 'hopper' } }));
    await expect(invite({ userName: 'Grace' })).resolves.toBeDefined();
    const profile = { userName: 'HOPPER' };
    await expect(execute(new ChangeUserProfile(ctx, { id: await invite(), profile }))).rejects.toThrow(
      UserNameTaken,
    );
  });

  it('are not there for another tenant, which may have the same address', async () => {
    const id = await create({ email: 'both@example.com' });
    const other = testContext({ tenantId: globex });
    await expect(create({ email: 'both@example.com' }, other)).resolves.not.toBe(id);
    for (const missing of [id, uuidv7()]) {
      await expect(get(missing, other)).rejects.toThrow(UserNotFound);
      await expect(execute(new DeleteUser(other, { id: missing }))).rejects.toThrow(UserNotFound);
      await expect(execute(new LockUser(other, { id: missing, reason: 'x' }))).rejects.toThrow(UserNotFound);
      expect(await accounts().findById(globex, missing)).toBeUndefined();
    }
    expect((await accounts().findByLogin(globex, 'both@example.com'))?.id).not.toBe(id);
  });

  it('are found by what they log in with, and by nothing that merely looks like it', async () => {
    const id = await create({ email: 'login@example.com', userName: 'löwe' });
    for (const login of ['login@example.com', ' LOGIN@Example.com', 'löwe', 'LÖWE', 'lo\u0308we'])
      expect([login, (await accounts().findByLogin(acme, login))?.id]).toEqual([login, id]);
    const strange = ['log%@example.com', '%', '_____', '', 'l\0we', '\ud800', 'a'.repeat(1_000_000), 'lowe'];
    for (const login of strange) expect(await accounts().findByLogin(acme, login)).toBeUndefined();
  });

  it('may log in if active and not locked', async () => {
    const ask = async (id: string) => mayLogIn((await accounts().findById(acme, id)) as Account);
    const id = await create();
    expect(await ask(id)).toBe(true);
    await execute(new LockUser(ctx, { id, reason: 'Lost laptop' }));
    expect(await ask(id)).toBe(false);
    await execute(new UnlockUser(ctx, { id }));
    await execute(new DeactivateUser(ctx, { id }));
    expect(await ask(id)).toBe(false);
    expect(await ask(await invite())).toBe(false);
  });

  it('change their address only when they confirm it, and only if it is free then', async () => {
    const id = await create({ email: 'old@example.com' });
    const rival = await create({ email: 'rival@example.com' });
    const confirm = async (user: string) => {
      const requestId = (await eventsOf(user)).at(-1)?.data['requestId'] as string;
      return execute(new ConfirmEmailChange(ctx, { id: user, requestId }));
    };
    for (const user of [id, rival])
      await execute(new RequestEmailChange(ctx, { id: user, email: 'New@example.com' }));
    expect((await get(id)).email).toBe('old@example.com');
    await confirm(id);
    expect((await get(id)).email).toBe('new@example.com');
    await expect(confirm(rival)).rejects.toThrow(UserEmailTaken);
    expect((await list({ search: 'new@' })).items.map((user) => user.id)).toEqual([id]);
    await expect(invite({ email: 'OLD@example.com' })).resolves.toBeDefined();
  });

  it('are asked for a new password without a word about who there is', async () => {
    const id = await create({ email: 'forgetful@example.com' });
    const locked = await create({ email: 'locked@example.com' });
    await execute(new LockUser(ctx, { id: locked, reason: 'x' }));
    for (const login of [
      'Forgetful@example.com',
      'forgetful@example.com',
      'locked@example.com',
      'nobody@example.com',
    ])
      await expect(execute(new RequestPasswordReset(ctx, { login }))).resolves.toBeUndefined();
    const asked = async (user: string) =>
      (await eventsOf(user)).filter(({ type }) => type === 'auth.user.password_reset_requested').length;
    expect([await asked(id), await asked(locked)]).toEqual([1, 0]);
  });

  it('are changed on the version that was seen', async () => {
    const id = await create();
    const profile = { displayName: 'Other' };
    await expect(execute(new ChangeUserProfile(ctx, { id, expectedVersion: 7, profile }))).rejects.toThrow(
      VersionMismatch,
    );
    await expect(execute(new DeleteUser(ctx, { id, expectedVersion: 7 }))).rejects.toThrow(VersionMismatch);
    expect((await get(id)).displayName).toBe('Somebody');
  });

  describe('when they are deleted', () => {
    it('are forgotten with the same transaction, and their address is free', async () => {
      const person = {
        email: 'gone@example.com',
        userName: 'gone',
        givenName: 'Gone',
        displayName: 'Gone Girl',
      };
      const id = await create(person);
      await execute(new LockUser(ctx, { id, reason: 'Gone leaves' }));
      await execute(new DeleteUser(ctx, { id }));

      await expect(get(id)).rejects.toThrow(UserNotFound);
      expect(await accounts().findByLogin(acme, 'gone@example.com')).toBeUndefined();
      expect((await list({ search: 'gone' })).items).toEqual([]);
      expect(await db.admin('select from acci.user_words where user_id = $1', [id])).toEqual([]);
      expect(JSON.stringify(await eventsOf(id)).toLowerCase()).not.toContain('gone');
      const [seen] = await app.get(EventStore).readStream(ctx, User.streamType, id);
      expect(seen?.data).toMatchObject({ email: 'forgotten@forgotten.invalid', userName: null });

      const [receipt] = await db.admin<{ id: string }>(
        'select id from acci.forgotten_subjects where subject = $1',
        [id],
      );
      expect(await app.get(PersonalData).verify(ctx, receipt?.id ?? '')).toMatchObject({ verified: true });
      await expect(execute(new DeleteUser(ctx, { id }))).rejects.toThrow(UserNotFound);
      await expect(create(person)).resolves.not.toBe(id);
    });

    it('are deleted once by 20 who try at the same time', async () => {
      const id = await create();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => execute(new DeleteUser(ctx, { id }))),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(UserNotFound);
    });

    it('do not wait for each other when there are more of them than connections', async () => {
      const ids = await Promise.all(Array.from({ length: 30 }, () => create()));
      await Promise.all(ids.map((id) => execute(new DeleteUser(ctx, { id }))));
      expect(await db.admin('select from acci.users where id = any ($1)', [ids])).toEqual([]);
    });
  });

  it('are gone as well if the person is forgotten without being deleted', async () => {
    const id = await create({ email: 'forgotten@example.com' });
    await app.get(PersonalData).forget(ctx, id);
    await expect(get(id)).rejects.toThrow(UserNotFound);
    const profile = { displayName: 'Back again' };
    await expect(execute(new ChangeUserProfile(ctx, { id, profile }))).rejects.toThrow(SubjectForgotten);
  });

  it('are in the lists byte for byte after they were rebuilt, and rebuilt again', async () => {
    const live = async () => [
      await db.admin('select * from acci.users order by tenant_id, id'),
      await db.admin('select * from acci.user_words order by tenant_id, user_id, place'),
    ];
    const before = await live();
    expect(before[0]?.length).toBeGreaterThan(10);
    for (let time = 0; time < 2; time += 1) {
      await rebuildNow(app, 'auth.users');
      expect(await live()).toEqual(before);
    }
  });
});
