import { type AnyRequest, correlationIdOf, rawRequest } from '@acci/rest';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { EndSession } from './commands/end-sessions.command.js';
import { KnownSessions } from './known-sessions.js';
import { SessionCookies } from './session-cookies.js';

/** What becomes of the session that a browser had when it gets another one. */
@Injectable()
export class ReplacedSessions {
  constructor(
    private readonly cookies: SessionCookies,
    private readonly known: KnownSessions,
    private readonly commandBus: CommandBus,
  ) {}

  /** Ends whatever session the request's cookie is for: nobody could use or end it any more but who has seen its token. */
  async end(request: AnyRequest): Promise<void> {
    for (const token of this.cookies.tokensOf(rawRequest(request))) {
      const session = await this.known.byToken(token);
      if (!session) continue;
      const { id, identity } = session;
      const { tenantId, actor } = identity;
      const ctx = { tenantId, actor, correlationId: correlationIdOf(request) };
      await this.commandBus.execute(new EndSession(ctx, { id, whose: 'anybody', reason: 'logout' }));
    }
  }
}
