import { Database, type Transaction } from '@acci/database';
import type { Context } from '@acci/event-store';
import { TenantStatus } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
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

/** Does what tokens open, as the user that they are for. */
@Injectable()
export class OneTimeActs {
  constructor(
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
    private readonly tenants: TenantStatus,
  ) {}

  /**
   * Whom a token is for, without using it: for whatever takes long, and is better done before {@link complete}.
   *
   * @throws {OneTimeTokenInvalid}
   * @throws {TenantRefused} if the token is good and the tenant is not served.
   */
  async begin({ token, purpose }: ShownToken): Promise<TokenUser> {
    const { tenantId, userId } = await this.tokens.peek(token, purpose);
    await this.tenants.assertActive(tenantId);
    return { tenantId, userId };
  }

  /**
   * Uses a token and does the work in the same transaction: both happen, or neither, and the token is still good then.
   *
   * @throws {OneTimeTokenInvalid} also if somebody else has used it since {@link begin}.
   */
  async complete(
    { token, purpose, correlationId }: ShownToken,
    { tenantId, userId }: TokenUser,
    work: (ctx: Context, tx: Transaction, data: OneTimeData) => Promise<unknown>,
  ): Promise<void> {
    const ctx = { tenantId, actor: `user:${userId}`, correlationId };
    await this.database.inTenant(tenantId, async (tx) => {
      const { data } = await this.tokens.consume(tx, token, purpose);
      await work(ctx, tx, data);
    });
  }

  /** {@link begin} and {@link complete}. */
  async run(
    shown: ShownToken,
    work: (ctx: Context, userId: string, tx: Transaction, data: OneTimeData) => Promise<unknown>,
  ): Promise<TokenUser> {
    const user = await this.begin(shown);
    await this.complete(shown, user, (ctx, tx, data) => work(ctx, user.userId, tx, data));
    return user;
  }
}
