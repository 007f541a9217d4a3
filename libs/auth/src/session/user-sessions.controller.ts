import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  EventStream,
  LastEventId,
  page,
  type Page,
  type RequestContext,
  RequirePermission,
  Returns,
  type StreamSource,
} from '@acci/rest';
import { Controller, Delete, Get, Param, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { GrantGate } from '../grant/grant-gate.js';
import { UserId } from '../user/user.schemas.js';
import { GetUser } from '../user/users/get-user.query.js';
import { EndSessions } from './commands/end-sessions.command.js';
import { FollowSessions } from './follow-sessions.query.js';
import { ListSessions } from './list-sessions.query.js';
import { ListSessionsQuery, SessionPage, SessionResponse, SessionsEnded } from './session.schemas.js';

/** Where users are logged in, for those who manage them: `/v1/users/{id}/sessions`. */
@ApiTags('Users')
@Controller({ path: 'users/:id/sessions', version: '1' })
export class UserSessionsController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
    private readonly gate: GrantGate,
  ) {}

  @RequirePermission('auth.user_sessions.read')
  @ApiOperation({ summary: 'List a user’s sessions', description: 'Newest first.' })
  @ApiProblems({ 404: ['auth.user.not_found'] })
  @Returns(SessionPage, { description: 'A page of sessions.' })
  @Get()
  async list(
    @Ctx() ctx: RequestContext,
    @Caller() { sessionId: currentId }: Identity,
    @Param('id', { schema: UserId }) userId: string,
    @Query({ schema: ListSessionsQuery }) query: ListSessionsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<SessionResponse>> {
    await this.queryBus.execute(new GetUser(ctx, userId));
    const { items, next } = await this.queryBus.execute(
      new ListSessions(ctx, { ...query, userId, currentId }),
    );
    return page(response, items, next);
  }

  @RequirePermission('auth.user_sessions.read')
  @ApiOperation({
    summary: 'Follow a user’s sessions',
    description:
      'Each session when it begins, as server-sent events, and a message `removed` with its `id` when it is ended. That one has ended at its time is not told: it says when that is. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @ApiProblems({ 404: ['auth.user.not_found'] })
  @EventStream(SessionResponse, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  async follow(
    @Ctx() ctx: RequestContext,
    @Caller() { sessionId: currentId }: Identity,
    @Param('id', { schema: UserId }) userId: string,
    @LastEventId() cursor: string | undefined,
  ): Promise<StreamSource<SessionResponse>> {
    await this.queryBus.execute(new GetUser(ctx, userId));
    return this.queryBus.execute(new FollowSessions(ctx, { userId, currentId, cursor }));
  }

  @RequirePermission('auth.user_sessions.end')
  @ApiOperation({
    summary: 'End all of a user’s sessions',
    description: 'They can log in again at once: to keep them out, lock them.',
  })
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.permission.not_held'], 404: ['auth.user.not_found'] })
  @Returns(SessionsEnded, { description: 'They have ended.' })
  @Delete()
  async endAll(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) userId: string,
  ): Promise<SessionsEnded> {
    await this.queryBus.execute(new GetUser(ctx, userId));
    const command = new EndSessions(ctx, { userId, reason: 'ended_by_admin' });
    const ended = await this.gate.change(ctx, caller, async (check) => {
      await check.assertUser(userId);
      return this.commandBus.execute(command);
    });
    return { ended };
  }
}
