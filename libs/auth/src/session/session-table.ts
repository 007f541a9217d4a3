import { Database, prepared, type Transaction } from '@acci/database';
import { Injectable } from '@nestjs/common';
import { grantsOfUser, type StoredGrant } from '../grant/stored-grants.js';
import type { KnownStream } from './session.aggregate.js';

/** Who acts in truth, in the session of an operator in a tenant. */
export interface Impersonator {
  /** As whom the tenant's events know them: `operator:<id>`, or `api_key:<id>` for who came with a key. */
  readonly actor: string;
  readonly tenantId: string;
  readonly subject: { readonly type: 'user' | 'api_key' | 'service_account'; readonly id: string };
  /** The session that they came from; this one ends with it. */
  readonly sessionId?: string | undefined;
  readonly reason: string;
}

/** A session that goes on, as long as its times say so. */
export interface SessionRow {
  readonly id: string;
  /** Null for an operator who acts as nobody in particular. */
  readonly userId: string | null;
  readonly createdAt: Date;
  /** Exact to a minute, or to a tenth of the time that it may lie idle. */
  readonly lastSeenAt: Date;
  /** How long it goes on without being used, in milliseconds. */
  readonly idleMs: number;
  /** When it ends however much it is used. */
  readonly expiresAt: Date;
  readonly device: string | null;
  readonly address: string | null;
  /** How the user showed who they are, in the words of RFC 8176. */
  readonly amr: readonly string[];
  readonly impersonator: Impersonator | null;
}

/** One session, and whose it must be: a user's, an operator's, or anybody's. */
export interface SessionRef {
  readonly id: string;
  readonly whose: { readonly userId: string } | 'operator' | 'anybody';
}

/** What a request is judged by. */
export interface JudgedSession extends SessionRow {
  readonly tokenHash: Buffer;
  /** Null if there is no such user any more. */
  readonly userStatus: string | null;
  readonly userLocked: boolean;
  readonly department: string | null;
  /** The roles that the user has, themselves and through groups. */
  readonly grants: readonly StoredGrant[] | null;
}

const columns = `s.id, s.user_id as "userId", s.created_at as "createdAt", s.last_seen_at as "lastSeenAt",
         s.idle_ms as "idleMs", s.expires_at as "expiresAt", s.device, s.address, s.amr, s.impersonator`;
const goesOn = `s.expires_at > $3::timestamptz and s.last_seen_at + s.idle_ms * interval '1 ms' > $3::timestamptz`;

const insert = prepared(`
  insert into acci.sessions (tenant_id, id, user_id, token_hash, created_at, last_seen_at, idle_ms, expires_at,
                             device, address, amr, impersonator)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`);
// One read tells everything that a request is judged by.
const judge = prepared(`
  select ${columns}, s.token_hash as "tokenHash", u.status as "userStatus",
         u.locked_at is not null as "userLocked", u.department,
         ${grantsOfUser('s.tenant_id', 's.user_id')} as grants
    from acci.sessions s
    left join acci.users u on u.tenant_id = s.tenant_id and u.id = s.user_id
   where s.tenant_id = $1 and s.id = $2`);
const select = prepared(
  `select ${columns} from acci.sessions s where s.tenant_id = $1 and s.id = $2 and ${goesOn}`,
);
// Ids are UUIDv7: their order is the order in which the sessions began.
const selectOfUser = prepared(`
  select ${columns} from acci.sessions s
   where s.tenant_id = $1 and s.user_id = $2 and ${goesOn} and ($4::uuid is null or s.id < $4)
   order by s.id desc limit $5`);
const selectImpersonations = prepared(`
  select ${columns} from acci.sessions s
   where s.tenant_id = $1 and s.impersonator is not null and ${goesOn} and ($2::uuid is null or s.id < $2)
   order by s.id desc limit $4`);
const selectListed = prepared(`
  select ${columns} from acci.sessions s
   where s.tenant_id = $1 and s.id = any ($2::uuid[]) and ${goesOn}
     and case when $4::uuid is null then s.impersonator is not null else s.user_id = $4 end`);
const known = `id, user_id as "userId", impersonator ->> 'actor' as operator, version`;
// Before anything that gives the transaction its place in the log: who comes first is first there too. A lock of the row
// would give it the place, and then the wait.
const takeTurns = prepared(`select pg_advisory_xact_lock(hashtextextended('acci.session ' || $1::text, 0))`);
const renew = prepared(`
  update acci.sessions set token_hash = $3, amr = $4, version = version + 1
   where tenant_id = $1 and id = $2
  returning id, user_id as "userId", impersonator ->> 'actor' as operator, version - 1 as version`);
const remove = prepared(`
  delete from acci.sessions
   where tenant_id = $1 and id = $2 and ($3::uuid is null or user_id = $3)
     and ($4 or impersonator is not null)
  returning ${known}`);
const removeOfUser = prepared(`
  delete from acci.sessions
   where tenant_id = $1 and user_id = $2 and ($3::uuid is null or id <> $3)
  returning ${known}`);
// Those that are used least lately, of those beyond the number.
const removeBeyond = prepared(`
  delete from acci.sessions
   where tenant_id = $1 and id in (select id from acci.sessions
                                    where tenant_id = $1 and user_id = $2 and impersonator is null
                                    order by last_seen_at desc, id desc offset $3)
  returning ${known}`);
// By the database's clock too: a process whose own is ahead must not throw away what goes on for all others.
const purge = prepared(`
  delete from acci.sessions
   where tenant_id = $1 and id in (select id from acci.sessions
                                    where tenant_id = $1 and expires_at < least($2::timestamptz, now())
                                    limit 1000 for update skip locked)`);
// Other processes, and this one a moment ago, may have noted it as well.
const see = prepared(`
  update acci.sessions set last_seen_at = $3
   where tenant_id = $1 and id = any($2)
     and last_seen_at <= $3::timestamptz - least(60000, idle_ms / 10) * interval '1 ms'`);
// The lock makes whoever locks the user out wait, and find the session that is begun here.
const admit = prepared(`
  select id from acci.users
   where tenant_id = $1 and id = $2 and status = 'active' and locked_at is null for share`);

/**
 * The sessions that go on: one that has ended has no row. The one place that reads and writes them; their tokens are here
 * as hashes, and never part of an event or an answer.
 */
@Injectable()
export class SessionTable {
  constructor(private readonly database: Database) {}

  add(tx: Transaction, tenantId: string, session: Omit<SessionRow, 'lastSeenAt'>, tokenHash: Buffer): void {
    const { id, userId, createdAt, idleMs, expiresAt, device, address, amr, impersonator } = session;
    tx.execute(insert, [
      tenantId,
      id,
      userId,
      tokenHash,
      createdAt,
      createdAt,
      idleMs,
      expiresAt,
      device,
      address,
      amr,
      impersonator && JSON.stringify(impersonator),
    ]);
  }

  /** A session with its user, whether it still goes on or not; one round trip. */
  async judge(tenantId: string, id: string): Promise<JudgedSession | undefined> {
    const [row] = await this.database.readInTenant<JudgedSession>(tenantId, judge, [tenantId, id]);
    return row;
  }

  /** A session that goes on. */
  async find(tenantId: string, id: string, now: Date): Promise<SessionRow | undefined> {
    const [row] = await this.database.readInTenant<SessionRow>(tenantId, select, [tenantId, id, now]);
    return row;
  }

  /** The sessions of a user that go on, newest first. */
  listOfUser(
    tenantId: string,
    userId: string,
    { now, before, limit }: { readonly now: Date; readonly before: string | null; readonly limit: number },
  ): Promise<SessionRow[]> {
    return this.database.queryInTenant(tenantId, selectOfUser, [tenantId, userId, now, before, limit]);
  }

  /** The sessions of operators in the tenant that go on, newest first. */
  listImpersonations(
    tenantId: string,
    { now, before, limit }: { readonly now: Date; readonly before: string | null; readonly limit: number },
  ): Promise<SessionRow[]> {
    return this.database.queryInTenant(tenantId, selectImpersonations, [tenantId, before, now, limit]);
  }

  /** Those of some sessions that are in the list of a user, or of operators, and go on. */
  findListed(
    tenantId: string,
    ids: readonly string[],
    whose: { readonly userId: string } | 'operator',
    now: Date,
  ): Promise<SessionRow[]> {
    const userId = whose === 'operator' ? null : whose.userId;
    return this.database.readInTenant(tenantId, selectListed, [tenantId, ids, now, userId]);
  }

  /** True for a user who may log in, and who then is not locked out or deactivated until the transaction ends. */
  async admits(tx: Transaction, tenantId: string, userId: string): Promise<boolean> {
    return (await tx.query(admit, [tenantId, userId])).length > 0;
  }

  /** Gives a session another token; those who do it at the same time take turns. @returns the session as it was, unless it has ended. */
  async renew(
    tx: Transaction,
    tenantId: string,
    id: string,
    { tokenHash, amr }: { readonly tokenHash: Buffer; readonly amr: readonly string[] },
  ): Promise<KnownStream | undefined> {
    tx.execute(takeTurns, [id]);
    const [row] = await tx.query<KnownStream>(renew, [tenantId, id, tokenHash, amr]);
    return row;
  }

  /** Ends a session. @returns it, unless it had ended or is not of whom it must be. */
  remove(tx: Transaction, tenantId: string, { id, whose }: SessionRef): Promise<KnownStream[]> {
    const userId = typeof whose === 'object' ? whose.userId : null;
    return tx.query(remove, [tenantId, id, userId, whose !== 'operator']);
  }

  /** Ends a user's sessions but for one. @returns them. */
  removeOfUser(
    tx: Transaction,
    tenantId: string,
    userId: string,
    exceptId: string | null,
  ): Promise<KnownStream[]> {
    return tx.query(removeOfUser, [tenantId, userId, exceptId]);
  }

  /** Ends those of a user's sessions that are more than so many. @returns them. */
  removeBeyond(tx: Transaction, tenantId: string, userId: string, most: number): Promise<KnownStream[]> {
    return tx.query(removeBeyond, [tenantId, userId, most]);
  }

  /** Clears away what ended at its time. */
  purge(tx: Transaction, tenantId: string, now: Date): void {
    tx.execute(purge, [tenantId, now]);
  }

  /** Notes that sessions were used. */
  async see(tenantId: string, ids: readonly string[], seenAt: Date): Promise<void> {
    await this.database.queryInTenant(tenantId, see, [tenantId, ids, seenAt]);
  }
}
