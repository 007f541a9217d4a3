import {
  type AnyRequest,
  type AnyResponse,
  ApiProblems,
  Ctx,
  EventStream,
  LastEventId,
  page,
  type Page,
  rawRequest,
  type RequestContext,
  RequirePermission,
  Returns,
  type StreamSource,
} from '@acci/rest';
import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { CredentialsInvalid } from '../auth.errors.js';
import { EndSession, EndSessions } from './commands/end-sessions.command.js';
import { csrfTokenOf } from './csrf.js';
import { FollowSessions } from './follow-sessions.query.js';
import { GetSession } from './get-session.query.js';
import { ListSessions } from './list-sessions.query.js';
import { mySession } from './my-session.js';
import { sessionAnswer } from './session-answer.js';
import { SessionCookies } from './session-cookies.js';
import { SessionNotFound } from './session.errors.js';
import {
  CurrentSessionResponse,
  ListSessionsQuery,
  SessionId,
  SessionPage,
  SessionResponse,
  SessionsEnded,
} from './session.schemas.js';

/** Whoever asks, and where else they are logged in: `/v1/auth/session`, `/v1/auth/sessions` and `/v1/auth/logout`. */
@ApiTags('Sessions')
@Controller({ path: 'auth', version: '1' })
export class SessionController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
    private readonly cookies: SessionCookies,
  ) {}

  @RequirePermission('auth.sessions.read')
  @ApiOperation({
    summary: 'Get your session',
    description:
      'Who you are here, until when, and what you may do. An API key has no session, and is refused.',
  })
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.caller.no_session'] })
  @Returns(CurrentSessionResponse, { description: 'Your session.' })
  @Get('session')
  async current(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Req() request: AnyRequest,
  ): Promise<CurrentSessionResponse> {
    const { sessionId, tenantId, own } = mySession(ctx, caller);
    const row = await this.queryBus.execute(new GetSession(own, sessionId)).catch((error: unknown) => {
      // It has ended since the guard let it in.
      throw error instanceof SessionNotFound ? new CredentialsInvalid() : error;
    });
    const inCookie = this.cookies.tokenOf(rawRequest(request));
    return {
      ...sessionAnswer(row),
      tenantId,
      userId: row.userId,
      permissions: caller.permissions === '*' ? ['*'] : [...caller.permissions],
      csrfToken: inCookie === undefined ? null : csrfTokenOf(inCookie),
    };
  }

  @RequirePermission('auth.sessions.end')
  @ApiOperation({
    summary: 'Log out',
    description: 'Ends your session: everywhere within a second its token opens nothing any more.',
  })
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.caller.no_session', 'auth.csrf.refused'] })
  @ApiNoContentResponse({ description: 'You are logged out.' })
  @HttpCode(204)
  @Post('logout')
  async logOut(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    const { sessionId: id, own } = mySession(ctx, caller);
    await this.commandBus.execute(new EndSession(own, { id, whose: 'anybody', reason: 'logout' }));
    if (this.cookies.tokenOf(rawRequest(request)) !== undefined) this.cookies.clear(response);
  }

  @RequirePermission('auth.sessions.read')
  @ApiOperation({
    summary: 'List your sessions',
    description:
      'Newest first: where you are logged in. An operator of the platform who acts as you is among them.',
  })
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.caller.no_session'] })
  @Returns(SessionPage, { description: 'A page of your sessions.' })
  @Get('sessions')
  async list(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Query({ schema: ListSessionsQuery }) query: ListSessionsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<SessionResponse>> {
    const { sessionId: currentId, userId, own } = mySession(ctx, caller);
    if (userId === null) return page(response, []);
    const listed = await this.queryBus.execute(new ListSessions(own, { ...query, userId, currentId }));
    return page(response, listed.items, listed.next);
  }

  @RequirePermission('auth.sessions.read')
  @ApiOperation({
    operationId: 'sessionFollow',
    summary: 'Follow your sessions',
    description:
      'Each session when it begins, as server-sent events, and a message `removed` with its `id` when it is ended. That one has ended at its time is not told: it says when that is. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.caller.no_session'] })
  @EventStream(SessionResponse, { description: 'The stream: one of these in each message.' })
  @Get('sessions/stream')
  async follow(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @LastEventId() cursor: string | undefined,
  ): Promise<StreamSource<SessionResponse>> {
    const { sessionId: currentId, userId, own } = mySession(ctx, caller);
    return this.queryBus.execute(new FollowSessions(own, { userId, currentId, cursor }));
  }

  @RequirePermission('auth.sessions.end')
  @ApiOperation({ summary: 'End one of your sessions' })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.caller.no_session', 'auth.csrf.refused'],
    404: ['auth.session.not_found'],
  })
  @ApiNoContentResponse({ description: 'It has ended.' })
  @HttpCode(204)
  @Delete('sessions/:id')
  async end(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: SessionId }) id: string,
  ): Promise<void> {
    const { userId, own } = mySession(ctx, caller);
    if (userId === null) throw new SessionNotFound(id);
    const command = new EndSession(own, { id, whose: { userId }, reason: 'ended_by_user' });
    if (!(await this.commandBus.execute(command))) throw new SessionNotFound(id);
  }

  @RequirePermission('auth.sessions.end')
  @ApiOperation({ summary: 'End all of your other sessions', description: 'But for the one that asks.' })
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.caller.no_session', 'auth.csrf.refused'] })
  @Returns(SessionsEnded, { description: 'They have ended.' })
  @Delete('sessions')
  async endOthers(@Ctx() ctx: RequestContext, @Caller() caller: Identity): Promise<SessionsEnded> {
    const { sessionId: exceptId, userId, own } = mySession(ctx, caller);
    if (userId === null) return { ended: 0 };
    const command = new EndSessions(own, { userId, reason: 'ended_by_user', exceptId });
    return { ended: await this.commandBus.execute(command) };
  }
}
