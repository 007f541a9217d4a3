import { Database, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore, PersonalData } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { User } from '../user/user.aggregate.js';
import { OneTimeTokenInvalid } from './one-time-token.errors.js';
import { type OneTimeGrant, OneTimeTokens } from './one-time-tokens.js';

describe('One-time tokens', () => {
  let db: TestDatabase;
  let app: INestApplicationContext;
  let tokens: OneTimeTokens;
  let database: Database;
  const acme = uuidv7();
  const globex = uuidv7();

  beforeAll(async () => {
    db = await createAuthDatabase();
    app = await startContext(db);
    tokens = app.get(OneTimeTokens, { strict: false });
    database = app.get(Database, { strict: false });
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  function issue(grant: Partial<OneTimeGrant> = {}): Promise<string> {
    const { tenantId = acme } = grant;
    const userId = uuidv7();
    return database.inTenant(tenantId, (tx) =>
      tokens.issue(tx, { tenantId, userId, purpose: 'invitation', lifetimeMs: 60_000, ...grant }),
    );
  }
  function consume(text: string, purpose: OneTimeGrant['purpose'] = 'invitation', tenantId = acme) {
    return database.inTenant(tenantId, (tx) => tokens.consume(tx, text, purpose));
  }
  const ids = () =>
    db.admin<{ id: string }>('select id from acci.one_time_tokens').then((rows) => rows.length);

  it('open what they are for, once, and can be looked at before', async () => {
    const userId = uuidv7();
    const text = await issue({ userId, data: { requestId: 'r1' } });
    expect(text).toMatch(/^accionce(_[0-9A-Za-z]{22}){2}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    const holder = { userId, data: { requestId: 'r1' } };
    expect(await tokens.peek(text, 'invitation')).toEqual({ tenantId: acme, ...holder });
    expect(await consume(text)).toEqual(holder);
    await expect(consume(text)).rejects.toThrow(OneTimeTokenInvalid);
    await expect(tokens.peek(text, 'invitation')).rejects.toThrow(OneTimeTokenInvalid);
  });

  it('are used by exactly one of 50 who try at the same time', async () => {
    const text = await issue();
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => consume(text)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const tried of tries)
      expect(tried.status === 'fulfilled' || tried.reason instanceof OneTimeTokenInvalid).toBe(true);
  });

  it('end each other: of several for the same, one of 50 is used, and none of them is stuck', async () => {
    const userId = uuidv7();
    const texts = await Promise.all(Array.from({ length: 50 }, () => issue({ userId })));
    const other = await issue({ userId, purpose: 'email_change' });
    const tries = await Promise.allSettled(texts.map((text) => consume(text)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await consume(other, 'email_change')).toMatchObject({ userId });
  });

  it('are still good when what they were used for was undone', async () => {
    const text = await issue();
    const undone = database.inTenant(acme, async (tx) => {
      await tokens.consume(tx, text, 'invitation');
      throw new Error('the password is too short');
    });
    await expect(undone).rejects.toThrow('too short');
    await expect(consume(text)).resolves.toBeDefined();
  });

  it('are worth nothing before what made them has committed, or if it never does', async () => {
    let text = '';
    const undone = database.inTenant(acme, async (tx) => {
      text = tokens.issue(tx, {
        tenantId: acme,
        userId: uuidv7(),
        purpose: 'invitation',
        lifetimeMs: 60_000,
      });
      await tx.flush();
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    await expect(consume(text)).rejects.toThrow(OneTimeTokenInvalid);
  });

  it('are refused alike for whatever reason', async () => {
    const text = await issue();
    const refusals: unknown[] = [];
    const refused = (promise: Promise<unknown>) =>
      promise.then(
        () => refusals.push('opened'),
        (error: unknown) => refusals.push(error),
      );
    const last = text.at(-1) === 'A' ? 'B' : 'A';
    // Another purpose, another tenant's transaction, another secret under a good checksum, a typing error, no token.
    await refused(consume(text, 'password_reset'));
    await refused(consume(text, 'invitation', globex));
    const stranger = await issue({ tenantId: globex });
    await refused(consume(stranger));
    await refused(consume(text.slice(0, -1) + last));
    for (const nonsense of ['', 'x', `${text}\n`, 'accionce_'.repeat(1000)]) await refused(consume(nonsense));
    // Expired.
    await refused(consume(await issue({ lifetimeMs: -1 })));
    expect(refusals.every((error) => error instanceof OneTimeTokenInvalid)).toBe(true);
    expect(new Set(refusals.map(String)).size).toBe(1);
    await expect(consume(text)).resolves.toBeDefined();
  });

  it('are in no table, and neither may the system role read their hashes', async () => {
    const text = await issue();
    const secret = text.split('_')[3] as string;
    const tables = await db.admin<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'acci'`,
    );
    for (const { name } of tables) {
      const found = await db.admin(`select 1 from ${name} t where strpos(t::text, $1) > 0 limit 1`, [secret]);
      expect([name, found]).toEqual([name, []]);
    }
    await expect(db.database.queryAsSystem('test', 'select * from acci.one_time_tokens')).rejects.toThrow(
      /permission denied/,
    );
  });

  it('can be taken back, all or those for one purpose, and of nobody else', async () => {
    const userId = uuidv7();
    const [invitation, reset, other] = await Promise.all([
      issue({ userId }),
      issue({ userId, purpose: 'password_reset' }),
      issue(),
    ]);
    await database.inTenant(acme, (tx) => tokens.revokeAll(tx, acme, userId, 'password_reset'));
    await expect(consume(reset, 'password_reset')).rejects.toThrow(OneTimeTokenInvalid);
    await expect(tokens.peek(invitation, 'invitation')).resolves.toBeDefined();
    await database.inTenant(acme, (tx) => tokens.revokeAll(tx, acme, userId));
    await expect(consume(invitation)).rejects.toThrow(OneTimeTokenInvalid);
    await expect(consume(other)).resolves.toBeDefined();
  });

  it('are purged once they have expired, as others are made', async () => {
    await issue({ lifetimeMs: -1 });
    const before = await ids();
    await issue({ tenantId: globex });
    expect(await ids()).toBe(before + 1);
    await issue();
    expect(await ids()).toBe(before + 1);
  });

  const person = { userName: null, givenName: null, familyName: null, department: null, locale: null };
  const ends: [string, (user: User) => void][] = [
    ['is deactivated', (user) => user.deactivate()],
    ['is locked', (user) => user.lock('stolen laptop')],
    ['has a new password', (user) => user.changePassword('changed')],
    [
      'has another address',
      (user) => {
        const requestId = uuidv7();
        user.requestEmailChange({ requestId, email: `new-${user.id}@example.com` }, new Date());
        user.confirmEmailChange(requestId);
      },
    ],
    ['is deleted', (user) => user.delete()],
  ];
  it.each(ends)('open nothing from the moment that their user %s', async (_what, change) => {
    const store = app.get(EventStore, { strict: false });
    const ctx = testContext({ tenantId: acme });
    const userId = uuidv7();
    const user = new User(userId);
    const email = `${userId}@example.com`;
    user.create({ ...person, email, displayName: 'Ada' }, { emailVerified: true });
    await store.save(ctx, user);
    const text = await issue({ userId, purpose: 'password_reset' });
    await store.update(ctx, User, userId, change);
    await expect(consume(text, 'password_reset')).rejects.toThrow(OneTimeTokenInvalid);
  });

  it('open nothing any more for a person who was forgotten; forgetting who was no user harms none', async () => {
    const userId = uuidv7();
    const text = await issue({ userId });
    const personalData = app.get(PersonalData, { strict: false });
    const ctx = testContext({ tenantId: acme });
    await personalData.forget(ctx, 'customer-1');
    await expect(tokens.peek(text, 'invitation')).resolves.toBeDefined();
    await personalData.forget(ctx, userId);
    await expect(consume(text)).rejects.toThrow(OneTimeTokenInvalid);
  });
});
