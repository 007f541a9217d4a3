import { type Transaction, uuidv7 } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import { CredentialsInvalid } from '../auth.errors.js';
import { hashSecret } from '../secret-text/secret-text.js';
import { UserNotActive } from '../user/user.errors.js';
import { KnownSessions } from './known-sessions.js';
import { type KnownStream, Session } from './session.aggregate.js';
import { SessionNotFound } from './session.errors.js';
import type { SessionEndReason } from './session.events.js';
import { SessionClock } from './session-clock.js';
import type { SessionLifetimes } from './session-lifetimes.js';
import { type Impersonator, type SessionRef, type SessionRow, SessionTable } from './session-table.js';
import { sessionTokens } from './session-token.js';

/** Who logged in, and how. */
export interface NewSession {
  readonly userId: string;
  /** How they showed who they are, in the words of RFC 8176, such as `['pwd']`. */
  readonly amr: readonly string[];
  /** What they use and where from, as {@link clientOf} tells of a request. */
  readonly device: string | null;
  readonly address: string | null;
  /** What {@link SessionTerms.of} said of the tenant, before the transaction. */
  readonly lifetimes: SessionLifetimes;
}

/** An operator who is to act in a tenant. */
export interface NewImpersonation {
  /** As whom; null for nobody in particular. */
  readonly userId: string | null;
  readonly impersonator: Impersonator;
  /** How long at most, in milliseconds. */
  readonly lifetimeMs: number;
}

/** A session and its token, which is nowhere else. */
export interface StartedSession {
  readonly token: string;
  readonly session: Omit<SessionRow, 'lastSeenAt'>;
}

/** How many sessions a user can have; beyond them, the one that was unused for longest ends. */
export const mostSessions = 100;

/**
 * Begins and ends the times that users are logged in. Every way to log in, passwords, mailed links or a single sign-on,
 * comes to {@link Sessions.start} in the end.
 *
 * @example
 * const lifetimes = await terms.of(tenantId);
 * const { token } = await database.inTenant(tenantId, (tx) =>
 *   sessions.start(tx, ctx, { userId, amr: ['pwd'], ...clientOf(request), lifetimes }),
 * );
 */
@Injectable()
export class Sessions {
  constructor(
    private readonly store: EventStore,
    private readonly table: SessionTable,
    private readonly known: KnownSessions,
    private readonly clock: SessionClock,
  ) {}

  /**
   * Begins a session, always with a token of its own. It can be used once the transaction has committed.
   *
   * @throws {CredentialsInvalid} for a user who may not log in: without saying why, as whoever asks is not let in yet.
   */
  async start(tx: Transaction, ctx: Context, wish: NewSession): Promise<StartedSession> {
    const { userId, amr, device, address, lifetimes } = wish;
    if (!(await this.table.admits(tx, ctx.tenantId, userId))) throw new CredentialsInvalid();
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + lifetimes.lifetimeMs);
    this.table.purge(tx, ctx.tenantId, now);
    const beyond = await this.table.removeBeyond(tx, ctx.tenantId, userId, mostSessions - 1);
    await this.recordEnds(tx, ctx, beyond, 'too_many');

    const session = new Session(uuidv7());
    session.start({ userId, amr: [...amr], device, address, expiresAt: expiresAt.toISOString() });
    await this.store.save(ctx, session);
    return this.add(tx, ctx, {
      id: session.id,
      userId,
      createdAt: now,
      idleMs: lifetimes.idleMs,
      expiresAt,
      device,
      address,
      amr,
      impersonator: null,
    });
  }

  /**
   * Lets an operator act in the context's tenant for a while. The tenant sees when that begins and ends, and why.
   *
   * @throws {UserNotActive} as a user who may not log in, or does not exist.
   */
  async startImpersonation(tx: Transaction, ctx: Context, wish: NewImpersonation): Promise<StartedSession> {
    const { userId, impersonator, lifetimeMs } = wish;
    if (userId !== null && !(await this.table.admits(tx, ctx.tenantId, userId)))
      throw new UserNotActive(userId);
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + lifetimeMs);
    this.table.purge(tx, ctx.tenantId, now);

    const session = new Session(uuidv7());
    const { actor: operator, reason } = impersonator;
    session.startImpersonation({ operator, userId, reason, expiresAt: expiresAt.toISOString() });
    await this.store.save(ctx, session);
    return this.add(tx, ctx, {
      id: session.id,
      userId,
      createdAt: now,
      idleMs: lifetimeMs,
      expiresAt,
      device: null,
      address: null,
      amr: [],
      impersonator,
    });
  }

  /**
   * Gives a session another token, because more can be done with it from now on: the old one, which somebody may have
   * seen, opens nothing any more. Its times stay as they are. Of those who do it at the same time the last one has the
   * token.
   *
   * @param amr how the user has now shown who they are.
   * @throws {SessionNotFound} if it has ended.
   * @throws {SessionNotRenewable} for an operator's session in a tenant.
   */
  async renew(tx: Transaction, ctx: Context, id: string, amr: readonly string[]): Promise<string> {
    const address = { tenantId: ctx.tenantId, id };
    const token = sessionTokens.make(address);
    const found = await this.table.renew(tx, ctx.tenantId, id, { tokenHash: hashSecret(token), amr });
    if (!found) throw new SessionNotFound(id);
    const session = Session.at(found);
    session.renew(amr);
    await this.store.save(ctx, session);
    tx.afterCommit(() => this.known.forget(address));
    return token;
  }

  /**
   * Ends a session.
   *
   * @returns false if it had ended already, or is not of whom it must be.
   */
  async end(tx: Transaction, ctx: Context, session: SessionRef, reason: SessionEndReason): Promise<boolean> {
    const ended = await this.table.remove(tx, ctx.tenantId, session);
    await this.recordEnds(tx, ctx, ended, reason);
    return ended.length > 0;
  }

  /**
   * Ends every session of a user, and those of operators who act as them, but for one if it is named. In every process
   * it is over within a second, in this one at once.
   *
   * @returns how many.
   */
  async endAll(
    tx: Transaction,
    ctx: Context,
    userId: string,
    { reason, exceptId = null }: { readonly reason: SessionEndReason; readonly exceptId?: string | null },
  ): Promise<number> {
    const ended = await this.table.removeOfUser(tx, ctx.tenantId, userId, exceptId);
    await this.recordEnds(tx, ctx, ended, reason);
    return ended.length;
  }

  private add(tx: Transaction, { tenantId }: Context, session: StartedSession['session']): StartedSession {
    const token = sessionTokens.make({ tenantId, id: session.id });
    this.table.add(tx, tenantId, session, hashSecret(token));
    return { token, session };
  }

  private async recordEnds(
    tx: Transaction,
    ctx: Context,
    ended: readonly KnownStream[],
    reason: SessionEndReason,
  ): Promise<void> {
    if (ended.length === 0) return;
    const sessions = ended.map((known) => Session.at(known));
    for (const session of sessions) session.end(reason);
    await this.store.saveAll(ctx, sessions);
    const { tenantId } = ctx;
    tx.afterCommit(() => {
      for (const { id } of ended) this.known.forget({ tenantId, id });
    });
  }
}
