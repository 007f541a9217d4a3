import { Database, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore, PersonalData, SubjectCipher, SubjectForgotten } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { CreateUser, DeleteUser, PasswordRefused, PasswordRules, Passwords } from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { cheapHashing } from '../spec-support/house.module.js';
import { PasswordHasher } from './password-hasher.js';

const acme = uuidv7();
const ctx = testContext({ tenantId: acme });
const password = 'nine plum trees in a row';

describe('passwords in the database', () => {
  let db: TestDatabase;
  let app: INestApplicationContext;
  let passwords: Passwords;

  beforeAll(async () => {
    db = await createAuthDatabase();
    app = await startContext(db);
    passwords = app.get(Passwords);
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  const execute = <R>(command: Command<R>): Promise<R> =>
    app.get(CommandBus, { strict: false }).execute(command);
  let count = 0;
  const create = async (more: { userName?: string } = {}) => {
    const email = `person-number-${(count += 1)}@example.com`;
    const { streamId } = await execute(
      new CreateUser(ctx, { email, displayName: 'Somebody', emailVerified: true, ...more }),
    );
    return { id: streamId, email };
  };
  const set = (id: string, text = password, tenantId = acme) =>
    app.get(Database).inTenant(tenantId, (tx) => passwords.set(tx, tenantId, id, text));
  const stored = (id: string) =>
    db.admin<{ sealed_hash: Buffer }>('select sealed_hash from acci.user_passwords where user_id = $1', [id]);
  /** Why a password is refused for a user. */
  const refusal = async (text: string, id = uuidv7()) => {
    const refused = await passwords.seal(acme, id, text).catch((error: unknown) => error);
    return refused instanceof PasswordRefused ? refused.details.reason : refused;
  };

  it('are known again, however they are typed, and no others', async () => {
    const { id } = await create();
    await set(id, 'Zwölf Ärzte im Öl');
    expect(await passwords.verify(acme, id, 'Zwölf Ärzte im Öl'.normalize('NFD'))).toBe(true);
    expect(await passwords.verify(acme, id, 'zwölf Ärzte im Öl')).toBe(false);
    expect(await passwords.verify(acme, id, '')).toBe(false);
    expect(await passwords.verify(uuidv7(), id, 'Zwölf Ärzte im Öl')).toBe(false);
    expect(await passwords.verify(acme, undefined, 'Zwölf Ärzte im Öl')).toBe(false);
    expect(await passwords.verify(acme, (await create()).id, 'Zwölf Ärzte im Öl')).toBe(false);
  });

  it('are good for as long as nobody sets another one', async () => {
    const { id } = await create();
    await set(id, 'nine plum trees in a row');
    await db.admin(
      `update acci.user_passwords set changed_at = now() - interval '50 years' where user_id = $1`,
      [id],
    );
    expect(await passwords.verify(acme, id, 'nine plum trees in a row')).toBe(true);
  });

  it('take the place of the one before, with the transaction or not at all', async () => {
    const { id } = await create();
    await set(id);
    const first = await passwords.changedAt(acme, id);
    const failing = app.get(Database).inTenant(acme, async (tx) => {
      await passwords.set(tx, acme, id, 'ten plum trees in a row');
      throw new Error('thought better of it');
    });
    await expect(failing).rejects.toThrow('thought better of it');
    expect(await passwords.verify(acme, id, password)).toBe(true);
    await set(id, 'ten plum trees in a row');
    expect(await passwords.verify(acme, id, password)).toBe(false);
    expect(await passwords.verify(acme, id, 'ten plum trees in a row')).toBe(true);
    expect(first).toBeInstanceOf(Date);
    expect((await passwords.changedAt(acme, id))?.getTime()).toBeGreaterThan(first?.getTime() ?? Infinity);
    expect(await passwords.changedAt(acme, uuidv7())).toBeUndefined();
  });

  it('are 12 to 256 characters long, whatever these are, and not the name of their owner', async () => {
    expect(await refusal('eleven char')).toBe('too_short');
    // Eleven characters for people, 22 for JavaScript.
    expect(await refusal('🌳'.repeat(11))).toBe('too_short');
    expect(await refusal('🌳'.repeat(12))).toEqual(expect.objectContaining({ tenantId: acme }));
    expect(await refusal('x'.repeat(256))).toEqual(expect.objectContaining({ tenantId: acme }));
    expect(await refusal('x'.repeat(257))).toBe('too_long');
    expect(await refusal('half a tree \ud83c')).toBe('not_text');
    expect(await refusal('FinalFantasy')).toBe('too_common');
    expect(await refusal('ＦinalＦantasy')).toBe('too_common');
    const { id, email } = await create({ userName: 'ada.lovelace' });
    expect(await refusal(email.toUpperCase(), id)).toBe('is_own_name');
    expect(await refusal(email.replace('@example.com', ''), id)).toBe('is_own_name');
    expect(await refusal('ADA.Lovelace', id)).toBe('is_own_name');
    expect(await refusal('ADA.Lovelace')).toEqual(expect.objectContaining({ tenantId: acme }));
  });

  it('obey rules that an app adds', async () => {
    const { id, email } = await create();
    app.get(PasswordRules).add({
      assert: (text, { account }) => {
        if (text === 'correct horse battery') throw new PasswordRefused('leaked');
        if (account?.email === email) throw new PasswordRefused('not_for_them');
      },
    });
    expect(await refusal('correct horse battery')).toBe('leaked');
    expect(await refusal(password, id)).toBe('not_for_them');
  });

  it('are argon2id hashes that only their owner’s key opens', async () => {
    const [ada, bob] = [await create(), await create()];
    await set(ada.id);
    await set(bob.id);
    const [row] = await stored(ada.id);
    expect(row?.sealed_hash.includes('argon2')).toBe(false);
    expect(await app.get(PasswordHasher).hash(password)).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    await db.admin('update acci.user_passwords set sealed_hash = $1 where user_id = $2', [
      row?.sealed_hash,
      bob.id,
    ]);
    await expect(passwords.verify(acme, bob.id, password)).rejects.toThrow('does not open');
  });

  it('are gone with the user, and with the person', async () => {
    const [deleted, forgotten, kept] = [await create(), await create(), await create()];
    for (const { id } of [deleted, forgotten, kept]) await set(id);
    await execute(new DeleteUser(ctx, { id: deleted.id }));
    await app.get(PersonalData).forget(ctx, forgotten.id);
    await app.get(PersonalData).forget(ctx, 'somebody who is no user');
    expect(await stored(deleted.id)).toEqual([]);
    expect(await stored(forgotten.id)).toEqual([]);
    expect(await stored(kept.id)).toHaveLength(1);
    expect(await passwords.verify(acme, forgotten.id, password)).toBe(false);
    await expect(set(forgotten.id)).rejects.toThrow(SubjectForgotten);
  });

  it('are hashed anew at the next login once more is asked for, and never with less', async () => {
    const { id } = await create();
    await set(id);
    const dearer = new PasswordHasher({ passwordHashing: { ...cheapHashing, passes: 2 } });
    await dearer.onModuleInit();
    const part = <T>(type: Function & { prototype: T }): T => app.get<T>(type, { strict: false });
    const kept = [part(Database), part(EventStore), part(SubjectCipher)] as const;
    const today = new Passwords(...kept, dearer, part(PasswordRules));
    const hashes = async () => (await stored(id))[0]?.sealed_hash.toString('hex');
    const before = await hashes();
    expect(await today.verify(acme, id, 'not the password')).toBe(false);
    expect(await hashes()).toBe(before);
    expect(await today.verify(acme, id, password)).toBe(true);
    const after = await hashes();
    expect(after).not.toBe(before);
    expect(await passwords.verify(acme, id, password)).toBe(true);
    expect(await today.verify(acme, id, password)).toBe(true);
    expect(await hashes()).toBe(after);
  });

  it('cannot be hashed with less than is known to be enough', () => {
    const start = (options: object) => () => new PasswordHasher({ passwordHashing: options });
    expect(start({ memoryKiB: 19_455 })).toThrow('19456 KiB');
    expect(start({ passes: 1 })).toThrow('19456 KiB');
    expect(start({ memoryKiB: 65_536, passes: 3 })).not.toThrow();
  });
});
