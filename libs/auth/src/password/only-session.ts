import type { Transaction } from '@acci/database';
import type { Context } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import { SessionNotFound } from '../session/session.errors.js';
import { SessionTable } from '../session/session-table.js';
import { Sessions } from '../session/sessions.js';

/** A session with the token that it has from now on. */
export interface RenewedSession {
  readonly token: string;
  readonly expiresAt: Date;
}

/** Leaves a user one session of all they have, with a new token: what anybody else holds opens nothing then. */
@Injectable()
export class OnlySession {
  constructor(
    private readonly sessions: Sessions,
    private readonly table: SessionTable,
  ) {}

  /** @throws {SessionNotFound} if it has ended. */
  async keep(
    tx: Transaction,
    ctx: Context,
    { userId, sessionId }: { readonly userId: string; readonly sessionId: string },
  ): Promise<RenewedSession> {
    const session = await this.table.judge(ctx.tenantId, sessionId);
    if (session?.userId !== userId) throw new SessionNotFound(sessionId);
    await this.sessions.endAll(tx, ctx, userId, { reason: 'password_changed', exceptId: sessionId });
    const token = await this.sessions.renew(tx, ctx, sessionId, session.amr);
    return { token, expiresAt: session.expiresAt };
  }
}
