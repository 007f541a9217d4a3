import { Database } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore } from '@acci/event-store';
import { createTenants } from '@acci/tenancy/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { DeactivateUser, DeleteUser, LockUser } from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { SecretText } from '../secret-text/secret-text.js';
import { aUser, contextIn, logIn } from '../spec-support/log-in.js';
import { User } from '../user/user.aggregate.js';
import { KnownSessions } from './known-sessions.js';
import { mostSessions, Sessions } from './sessions.js';

let db: TestDatabase;
let app: INestApplicationContext;
let elsewhere: INestApplicationContext;
let tenantId: string;

beforeAll(async () => {
  db = await createAuthDatabase();
  [app, elsewhere] = await Promise.all([startContext(db), startContext(db)]);
  [tenantId = ''] = await createTenants(app, 1);
});
afterAll(async () => {
  await Promise.all([app.close(), elsewhere.close()]);
  await db.close();
});

const known = (token: string, process = app) => process.get(KnownSessions).byToken(token);
const inTransaction = <T>(work: Parameters<Database['inTenant']>[1]) =>
  app.get(Database).inTenant(tenantId, work) as Promise<T>;
const renew = (id: string) =>
  inTransaction<string>((tx) => app.get(Sessions).renew(tx, contextIn(tenantId), id, ['pwd', 'otp']));
const endAll = (userId: string, exceptId?: string) =>
  inTransaction<number>((tx) =>
    app.get(Sessions).endAll(tx, contextIn(tenantId), userId, { reason: 'password_changed', exceptId }),
  );
const eventsOf = async (id: string) => {
  const events = await app.get(EventStore).readStream(contextIn(tenantId), 'auth.session', id);
  return events.map(({ type, data }) => ({ type, data }));
};

describe('A session', () => {
  it('is opened by its token, in every process, and by nothing else', async () => {
    const userId = await aUser(app, tenantId);
    const { token, session } = await logIn(app, tenantId, userId);
    expect(await known(token)).toMatchObject({ id: session.id, userId, amr: ['pwd'] });
    expect(await known(token, elsewhere)).toMatchObject({ id: session.id });
    const other = await logIn(app, tenantId, userId);
    // Whose session it claims to be anybody can write, and the checksum too; not what it is proved by.
    const [prefix, id, tenant] = other.token.split('_');
    const forged = new SecretText('accisession').make({ tenantId, id: session.id });
    expect(forged.split('_').slice(0, 3)).toEqual([prefix, token.split('_')[1], tenant]);
    expect(id).not.toBe(token.split('_')[1]);
    expect(await known(forged)).toBeUndefined();
    expect(await known(token)).toBeDefined();
  });

  it('is kept as a hash, and leaves no secret in the log', async () => {
    const userId = await aUser(app, tenantId);
    const { token, session } = await logIn(app, tenantId, userId);
    const rows = await inTransaction<object[]>((tx) =>
      tx.query('select token_hash from acci.sessions where id = $1', [session.id]),
    );
    expect(rows).toHaveLength(1);
    expect(JSON.stringify([rows, await eventsOf(session.id)])).not.toContain(token.split('_')[3]);
  });

  it('of 50 that are renewed at the same time has one token, and the events say so', async () => {
    const { token, session } = await logIn(app, tenantId, await aUser(app, tenantId));
    const tokens = await Promise.all(Array.from({ length: 50 }, () => renew(session.id)));
    const opened = await Promise.all([token, ...tokens].map((each) => known(each)));
    expect(opened.filter(Boolean)).toHaveLength(1);
    expect(opened[0]).toBeUndefined();
    expect(await eventsOf(session.id)).toHaveLength(51);
  });

  it('that got another token here is opened by it at once in a process that knew the old one', async () => {
    const { token, session } = await logIn(app, tenantId, await aUser(app, tenantId));
    expect(await known(token, elsewhere)).toBeDefined();
    const renewed = await renew(session.id);
    expect(await known(renewed, elsewhere)).toMatchObject({ amr: ['pwd', 'otp'] });
    expect(await known(token, elsewhere)).toBeUndefined();
  });

  it('ends at once here, and soon elsewhere', async () => {
    const userId = await aUser(app, tenantId);
    const { token } = await logIn(app, tenantId, userId);
    await Promise.all([known(token), known(token, elsewhere)]);
    await endAll(userId);
    expect(await known(token)).toBeUndefined();
    await eventually(() => known(token, elsewhere), undefined);
  });

  it('goes on when the others of its user are ended, once, with an event for each', async () => {
    const userId = await aUser(app, tenantId);
    const [kept, ended] = await Promise.all([logIn(app, tenantId, userId), logIn(app, tenantId, userId)]);
    const counts = await Promise.all(Array.from({ length: 10 }, () => endAll(userId, kept.session.id)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(1);
    expect(await known(kept.token)).toBeDefined();
    expect(await known(ended.token)).toBeUndefined();
    expect(await eventsOf(ended.session.id)).toEqual([
      expect.objectContaining({ type: 'auth.session.started' }),
      { type: 'auth.session.ended', data: { userId, reason: 'password_changed' } },
    ]);
  });

  it('ends with the one unused for longest, when its user has more than there may be', async () => {
    const userId = await aUser(app, tenantId);
    const first = await logIn(app, tenantId, userId);
    for (let count = 0; count < mostSessions; count += 1) await logIn(app, tenantId, userId);
    expect(await known(first.token)).toBeUndefined();
    expect((await eventsOf(first.session.id)).at(-1)).toMatchObject({ data: { reason: 'too_many' } });
    expect(await endAll(userId)).toBe(mostSessions);
  });

  it.each([
    ['deactivated', (id: string) => new DeactivateUser(contextIn(tenantId), { id }), 'user_deactivated'],
    ['locked', (id: string) => new LockUser(contextIn(tenantId), { id, reason: 'test' }), 'user_locked'],
    ['deleted', (id: string) => new DeleteUser(contextIn(tenantId), { id }), 'user_deleted'],
  ])('ends when its user is %s, and no other begins', async (_what, command, reason) => {
    const userId = await aUser(app, tenantId);
    const { token, session } = await logIn(app, tenantId, userId);
    expect(await known(token)).toBeDefined();
    await app.get(CommandBus, { strict: false }).execute(command(userId));
    expect(await known(token)).toBeUndefined();
    expect((await eventsOf(session.id)).at(-1)).toMatchObject({ data: { userId, reason } });
    await expect(logIn(app, tenantId, userId)).rejects.toMatchObject({ code: 'auth.credentials.invalid' });
  });

  it('ends when the password is set anew, and the events forget device and address with the user', async () => {
    const userId = await aUser(app, tenantId);
    const { token, session } = await logIn(app, tenantId, userId);
    await app
      .get(EventStore)
      .update(contextIn(tenantId), User, userId, (user) => user.changePassword('reset'));
    expect(await known(token)).toBeUndefined();
    expect((await eventsOf(session.id))[0]).toMatchObject({ data: { device: 'spec', address: '192.0.2.7' } });
    await app.get(CommandBus, { strict: false }).execute(new DeleteUser(contextIn(tenantId), { id: userId }));
    expect((await eventsOf(session.id))[0]).toMatchObject({ data: { device: null, address: null } });
  });

  it('is not begun by a lock that comes at the same time', async () => {
    const userId = await aUser(app, tenantId);
    const lock = app
      .get(CommandBus, { strict: false })
      .execute(new LockUser(contextIn(tenantId), { id: userId, reason: 'test' }));
    const begun = await Promise.allSettled(Array.from({ length: 10 }, () => logIn(app, tenantId, userId)));
    await lock;
    const tokens = begun.flatMap((result) => (result.status === 'fulfilled' ? [result.value.token] : []));
    expect((await Promise.all(tokens.map((token) => known(token)))).filter(Boolean)).toEqual([]);
    expect(await endAll(userId)).toBe(0);
  });
});
