import { Database, prepared, type Transaction } from '@acci/database';
import { EventStore, SubjectCipher, SubjectWasForgotten } from '@acci/event-store';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { nobodysId } from '../login/nobody.js';
import { UserDeleted } from '../user/user.events.js';
import { PasswordHasher } from './password-hasher.js';
import { passwordKey, PasswordRules } from './password-rules.js';

/** A password that was found good, ready to be stored. */
export interface SealedPassword {
  readonly tenantId: string;
  readonly userId: string;
  readonly sealedHash: Buffer;
}

/** That somebody has shown a user's password. It is worth something for as long as that is their password. */
export interface PasswordProof {
  readonly userId: string;
  /** When the password was set, as PostgreSQL writes it, to the microsecond. */
  readonly setAt: string;
}

interface PasswordRow {
  readonly sealedHash: Buffer;
  readonly setAt: string;
}

const select = prepared(`
  select sealed_hash as "sealedHash", changed_at::text as "setAt" from acci.user_passwords
   where tenant_id = $1 and user_id = $2`);
const selectSame = prepared(`
  select 1 from acci.user_passwords where tenant_id = $1 and user_id = $2 and changed_at = $3::timestamptz`);
const selectChange = prepared(
  'select changed_at as "changedAt" from acci.user_passwords where tenant_id = $1 and user_id = $2',
);
const upsert = prepared(`
  insert into acci.user_passwords as known (tenant_id, user_id, sealed_hash, changed_at) values ($1, $2, $3, now())
  on conflict (tenant_id, user_id) do update set sealed_hash = excluded.sealed_hash, changed_at = excluded.changed_at`);
// Unless it has been changed since it was checked.
const strengthen = prepared(`
  update acci.user_passwords set sealed_hash = $4 where tenant_id = $1 and user_id = $2 and sealed_hash = $3`);
const remove = prepared('delete from acci.user_passwords where tenant_id = $1 and user_id = $2');

const uuid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/;
const place = ['acci.user_passwords', 'sealed_hash'];

/**
 * Users' passwords. They are in no event, and kept only as argon2id hashes, encrypted under the person's own key: they
 * end with it when the person is forgotten, and a stolen table alone gives nothing to guess at.
 *
 * @example
 * const sealed = await passwords.seal(tenantId, userId, 'nine plum trees in a row');
 * await database.inTenant(tenantId, async (tx) => passwords.put(tx, sealed));
 * await passwords.verify(tenantId, userId, 'nine plum trees in a row'); // true
 */
@Injectable()
export class Passwords implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Passwords.name);
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly cipher: SubjectCipher,
    private readonly hasher: PasswordHasher,
    private readonly rules: PasswordRules,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.store.onAppend(
      (events, tx) => {
        for (const { tenantId, streamId, type, data } of events) {
          const gone = type === UserDeleted.type ? streamId : (data as SubjectWasForgotten['data']).subject;
          // Who was forgotten need not have been a user.
          if (uuid.test(gone)) tx.execute(remove, [tenantId, gone]);
        }
      },
      { types: [UserDeleted.type, SubjectWasForgotten.type] },
    );
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /**
   * Makes a password ready to be stored, which takes its time: best before a transaction that locks anything.
   *
   * @param names what a user is called who is not stored yet.
   * @throws {PasswordRefused} {@link LoginOverloaded}
   * @throws {SubjectForgotten} for a user who was forgotten.
   */
  async seal(
    tenantId: string,
    userId: string,
    password: string,
    names: readonly string[] = [],
  ): Promise<SealedPassword> {
    await this.rules.assertAllowed(password, { tenantId, userId, names });
    const sealedHash = await this.sealHash(tenantId, userId, passwordKey(password));
    return { tenantId, userId, sealedHash };
  }

  /** Stores a password in the place of the one that the user had, in a transaction of their tenant. */
  put(tx: Transaction, { tenantId, userId, sealedHash }: SealedPassword): void {
    tx.execute(upsert, [tenantId, userId, sealedHash]);
  }

  /** {@link seal} and {@link put}; the transaction stays open meanwhile. */
  async set(tx: Transaction, tenantId: string, userId: string, password: string): Promise<void> {
    this.put(tx, await this.seal(tenantId, userId, password));
  }

  /** @throws {LoginOverloaded} if {@link verify} would at once. */
  assertRoom(): void {
    this.hasher.assertRoom();
  }

  /** Tells whether a password is a user's, as {@link prove} does. @throws {LoginOverloaded} */
  async verify(tenantId: string, userId: string | undefined, password: string): Promise<boolean> {
    return (await this.prove(tenantId, userId, password)) !== undefined;
  }

  /**
   * Checks whether a password is a user's. It takes as much work for a user who has none or does not exist, and for
   * undefined. A hash that was made with less than is asked for today is made anew.
   *
   * @param isGone whether whoever asks has gone meanwhile: then nothing is checked when its turn comes.
   * @returns undefined if it is not.
   * @throws {LoginOverloaded}
   */
  async prove(
    tenantId: string,
    userId: string | undefined,
    password: string,
    isGone?: () => boolean,
  ): Promise<PasswordProof | undefined> {
    const values = [tenantId, userId ?? nobodysId];
    const [row] = await this.database.readInTenant<PasswordRow>(tenantId, select, values);
    const subject = row && userId ? userId : nobodysId;
    const opened = await this.cipher.open({ tenantId, subject }, row?.sealedHash ?? Buffer.alloc(0), place);
    const hash = opened?.toString();
    const key = passwordKey(password);
    const matches = await this.hasher.verify(hash, key, isGone);
    if (!matches || !row || hash === undefined) return undefined;
    if (this.hasher.isOutdated(hash))
      await this.strengthen({ tenantId, userId: subject, sealedHash: row.sealedHash }, key);
    return { userId: subject, setAt: row.setAt };
  }

  /**
   * Tells whether a password that somebody has shown is still the user's. Checking it takes so long that another one may
   * have been set meanwhile, by whom it is to keep out.
   */
  async isStill(tx: Transaction, tenantId: string, { userId, setAt }: PasswordProof): Promise<boolean> {
    return (await tx.query(selectSame, [tenantId, userId, setAt])).length > 0;
  }

  /** When the user's password was set; undefined if they have none. */
  async changedAt(tenantId: string, userId: string): Promise<Date | undefined> {
    const [row] = await this.database.readInTenant<{ changedAt: Date }>(tenantId, selectChange, [
      tenantId,
      userId,
    ]);
    return row?.changedAt;
  }

  private async sealHash(tenantId: string, userId: string, key: string): Promise<Buffer> {
    const hash = Buffer.from(await this.hasher.hash(key));
    return this.cipher.seal({ tenantId, subject: userId }, hash, place);
  }

  /** Whoever has just shown their password is not kept out because it could not be hashed anew. */
  private async strengthen({ tenantId, userId, sealedHash }: SealedPassword, key: string): Promise<void> {
    try {
      const stronger = await this.sealHash(tenantId, userId, key);
      await this.database.queryInTenant(tenantId, strengthen, [tenantId, userId, sealedHash, stronger]);
    } catch (error) {
      this.logger.warn(`A password was not hashed anew: ${String(error)}`);
    }
  }
}
