import { Database, prepared, type Transaction, uuidv7 } from '@acci/database';
import { EventStore, type PendingEvent, SubjectWasForgotten } from '@acci/event-store';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { hashSecret, SecretText } from '../secret-text/secret-text.js';
import {
  UserDeactivated,
  UserDeleted,
  UserEmailChanged,
  UserLocked,
  UserPasswordChanged,
} from '../user/user.events.js';
import { OneTimeTokenInvalid } from './one-time-token.errors.js';

/** What the link in a mail opens. */
export type LinkPurpose = 'invitation' | 'registration' | 'email_change' | 'password_reset' | 'set_up';

/** What a token opens. */
export type OneTimePurpose = LinkPurpose | 'identity_link';

/** What a token is kept with: identifiers, never anything personal or secret. */
export type OneTimeData = Readonly<Record<string, string | number | boolean>>;

/** A token to be made. */
export interface OneTimeGrant {
  readonly tenantId: string;
  readonly userId: string;
  readonly purpose: OneTimePurpose;
  /** How long it can be used, in milliseconds. */
  readonly lifetimeMs: number;
  readonly data?: OneTimeData;
}

/** Whom a token is for. */
export interface OneTimeHolder {
  readonly userId: string;
  readonly data: OneTimeData;
}

const insert = prepared(`
  insert into acci.one_time_tokens (tenant_id, id, user_id, purpose, secret_hash, data, expires_at)
  values ($1, $2, $3, $4, $5, $6, now() + $7::float8 * interval '1 ms')`);
// Those that somebody is just using are left for the next time.
const purge = prepared(`
  delete from acci.one_time_tokens
   where tenant_id = $1 and id in (select id from acci.one_time_tokens
                                    where tenant_id = $1 and expires_at < now() limit 1000 for update skip locked)`);
const valid = `tenant_id = $1 and id = $2 and purpose = $3 and secret_hash = $4 and used_at is null and expires_at > now()`;
const select = prepared(`select user_id as "userId", data from acci.one_time_tokens where ${valid}`);
// All of the user's for the same purpose, in one order: who uses two of them at the same time takes turns.
const lock = prepared(`
  select id from acci.one_time_tokens
   where tenant_id = $1 and purpose = $3
     and user_id = (select user_id from acci.one_time_tokens where tenant_id = $1 and id = $2)
   order by id for update`);
const use = prepared(`
  update acci.one_time_tokens set used_at = now() where ${valid} returning user_id as "userId", data`);
const selectOpen = prepared(`
  select id from acci.one_time_tokens
   where tenant_id = $1 and user_id = $2 and purpose = $3 and used_at is null and expires_at > now()`);
const revoke = prepared(`
  delete from acci.one_time_tokens
   where tenant_id = $1 and user_id = $2 and used_at is null and ($3::text is null or purpose = $3)`);
const erase = prepared('delete from acci.one_time_tokens where tenant_id = $1 and user_id = $2');

const texts = new SecretText('accionce');

/** After these, no link that was mailed to the user before opens anything. */
const ends = [
  SubjectWasForgotten,
  UserDeactivated,
  UserDeleted,
  UserEmailChanged,
  UserLocked,
  UserPasswordChanged,
].map(({ type }) => type);
/** After these, not even what was used says that there was somebody. */
const gone = new Set<string>([SubjectWasForgotten.type, UserDeleted.type]);
const uuid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/;

/**
 * Tokens that open one thing, once, for a while: what is in the links of mails. Only a hash is stored, and it is in no
 * event. Several for the same purpose can be open; the first that is used ends the others, and so do a new password, a
 * new e-mail address, and whatever keeps the user out.
 */
@Injectable()
export class OneTimeTokens implements OnModuleInit, OnModuleDestroy {
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.store.onAppend(
      (events, tx) => {
        for (const event of events) {
          const userId = userOf(event);
          if (userId === undefined) continue;
          if (gone.has(event.type)) tx.execute(erase, [event.tenantId, userId]);
          else this.revokeAll(tx, event.tenantId, userId);
        }
      },
      { types: ends },
    );
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /** Makes a token. It is good once the transaction has committed; its text is nowhere else. */
  issue(tx: Transaction, { tenantId, userId, purpose, lifetimeMs, data = {} }: OneTimeGrant): string {
    const id = uuidv7();
    const text = texts.make({ tenantId, id });
    tx.execute(purge, [tenantId]);
    tx.execute(insert, [tenantId, id, userId, purpose, hashSecret(text), data, lifetimeMs]);
    return text;
  }

  /**
   * Whom a token is for and in which tenant, without using it: to work in that tenant's transaction. One round trip.
   *
   * @throws {OneTimeTokenInvalid}
   */
  async peek(text: string, purpose: OneTimePurpose): Promise<OneTimeHolder & { readonly tenantId: string }> {
    const { tenantId, values } = claimOf(text, purpose);
    const [holder] = await this.database.readInTenant<OneTimeHolder>(tenantId, select, values);
    if (!holder) throw new OneTimeTokenInvalid();
    return { tenantId, ...holder };
  }

  /**
   * Uses a token, in a transaction of its tenant: of those who try at the same time one succeeds, if and when their
   * transaction commits.
   *
   * @throws {OneTimeTokenInvalid}
   */
  async consume(tx: Transaction, text: string, purpose: OneTimePurpose): Promise<OneTimeHolder> {
    const { tenantId, values } = claimOf(text, purpose);
    tx.execute(lock, values.slice(0, 3));
    const [holder] = await tx.query<OneTimeHolder>(use, values);
    if (!holder) throw new OneTimeTokenInvalid();
    this.revokeAll(tx, tenantId, holder.userId, purpose);
    return holder;
  }

  /** Tells whether a user has a token for a purpose that can still be used. */
  async hasOpen(
    tx: Transaction,
    tenantId: string,
    userId: string,
    purpose: OneTimePurpose,
  ): Promise<boolean> {
    const open = await tx.query(selectOpen, [tenantId, userId, purpose]);
    return open.length > 0;
  }

  /** Takes back every token of a user that is open, or those for one purpose. */
  revokeAll(tx: Transaction, tenantId: string, userId: string, purpose: OneTimePurpose | null = null): void {
    tx.execute(revoke, [tenantId, userId, purpose]);
  }
}

/** Whom an event is about; undefined for somebody who was forgotten and was no user. */
function userOf({ type, streamId, data }: PendingEvent): string | undefined {
  const subject =
    type === SubjectWasForgotten.type ? (data as SubjectWasForgotten['data']).subject : streamId;
  return uuid.test(subject) ? subject : undefined;
}

/** @throws {OneTimeTokenInvalid} for what is no token, at no cost to the database. */
function claimOf(text: string, purpose: OneTimePurpose): { tenantId: string; values: readonly unknown[] } {
  const address = texts.parse(text);
  if (!address) throw new OneTimeTokenInvalid();
  const { tenantId, id } = address;
  return { tenantId, values: [tenantId, id, purpose, hashSecret(text)] };
}
