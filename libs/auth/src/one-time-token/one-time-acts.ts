import { Database, type Transaction } from '@acci/database';
import { type Context, SubjectForgotten } from '@acci/event-store';
import { TenantStatus } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { retryingConflicts } from '../user/retry-conflicts.js';
import { UserNotFound } from '../user/user.errors.js';
import { OneTimeTokenInvalid } from './one-time-token.errors.js';
import { type OneTimeData, type OneTimePurpose, OneTimeTokens } from './one-time-tokens.js';

/** What is shown, and for what. */
export interface ShownToken {
  readonly token: string;
  readonly purpose: OneTimePurpose;
  /** Of the request: tenant and user are not known before the token has been read. */
  readonly correlationId: string;
}

/** Whom a token was for. */
export interface TokenUser {
  readonly tenantId: string;
  readonly userId: string;
}

/** Does what tokens open, as the user that they are for. For somebody who is gone by then no token is any good. */
@Injectable()
export class OneTimeActs {
  constructor(
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
    private readonly tenants: TenantStatus,
  ) {}

  /**
   * Whom a token is for, without using it.
   *
   * @param prepare what takes long, and is better done before {@link complete}.
   * @throws {OneTimeTokenInvalid}
   * @throws {TenantRefused} if the token is good and the tenant is not served.
   */
  async begin<T>(
    { token, purpose }: ShownToken,
    prepare: (user: TokenUser) => Promise<T>,
  ): Promise<[user: TokenUser, prepared: T]> {
    const { tenantId, userId } = await this.tokens.peek(token, purpose);
    await this.tenants.assertActive(tenantId);
    const user = { tenantId, userId };
    return [user, await unlessGone(prepare(user))];
  }

  /**
   * Uses a token and does the work in the same transaction: both happen, or neither, and the token is still good then. All
   * of it is done anew if something else happens to the user at the same time.
   *
   * @throws {OneTimeTokenInvalid} also if somebody else has used it since {@link begin}.
   */
  async complete(
    { token, purpose, correlationId }: ShownToken,
    { tenantId, userId }: TokenUser,
    work: (ctx: Context, tx: Transaction, data: OneTimeData) => Promise<unknown>,
  ): Promise<void> {
    const ctx = { tenantId, actor: `user:${userId}`, correlationId };
    const use = () =>
      this.database.inTenant(tenantId, async (tx) => {
        const { data } = await this.tokens.consume(tx, token, purpose);
        await work(ctx, tx, data);
      });
    await unlessGone(retryingConflicts(use));
  }

  /** {@link begin} and {@link complete}. */
  async run(
    shown: ShownToken,
    work: (ctx: Context, userId: string, tx: Transaction, data: OneTimeData) => Promise<unknown>,
  ): Promise<TokenUser> {
    const [user] = await this.begin(shown, async () => undefined);
    await this.complete(shown, user, (ctx, tx, data) => work(ctx, user.userId, tx, data));
    return user;
  }
}

async function unlessGone<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const gone = error instanceof UserNotFound || error instanceof SubjectForgotten;
    throw gone ? new OneTimeTokenInvalid() : error;
  }
}
