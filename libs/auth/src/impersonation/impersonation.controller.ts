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
  ShownOnce,
  type StreamSource,
} from '@acci/rest';
import { PlatformTenantGuard } from '@acci/tenancy';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { EndSession } from '../session/commands/end-sessions.command.js';
import { SessionNotFound } from '../session/session.errors.js';
import { ListSessionsQuery, SessionId } from '../session/session.schemas.js';
import { StartImpersonation } from './commands/start-impersonation.command.js';
import { FollowImpersonations } from './follow-impersonations.query.js';
import {
  ImpersonatedTenantId,
  ImpersonationPage,
  ImpersonationResponse,
  ImpersonationStartedResponse,
  StartImpersonationRequest,
} from './impersonation.schemas.js';
import { ListImpersonations } from './list-impersonations.query.js';

/** Operators of the platform who act in a tenant: how they come in, who is there, and how they are shown out. */
@ApiTags('Impersonation')
@Controller({ version: '1' })
export class ImpersonationController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @UseGuards(PlatformTenantGuard)
  @RequirePermission('tenancy.tenants.impersonate')
  @ShownOnce('token')
  @ApiOperation({
    operationId: 'tenantImpersonate',
    summary: 'Act in a tenant',
    description:
      'As one of its users, or as nobody in particular. It ends at its time, when you log out, and with the session or key that you ask with. The tenant sees who was there, when and why. Such a session makes no keys and changes no passwords.',
  })
  @ApiProblems({
    403: [
      'auth.permission.missing',
      'tenancy.platform.required',
      'auth.caller.not_a_user',
      'tenancy.tenant.suspended',
      'tenancy.tenant.deletion_scheduled',
    ],
    404: ['tenancy.tenant.not_found', 'auth.user.not_found'],
    409: ['auth.user.not_active', 'auth.impersonation.platform'],
  })
  @Returns(ImpersonationStartedResponse, { description: 'The session, with its token.' })
  @Post('tenants/:id/impersonations')
  async start(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: ImpersonatedTenantId }) tenantId: string,
    @Body({ schema: StartImpersonationRequest }) body: StartImpersonationRequest,
  ): Promise<ImpersonationStartedResponse> {
    const { reason, userId = null, durationMinutes } = body;
    const wish = { tenantId, userId, reason, durationMinutes };
    const { token, session } = await this.commandBus.execute(new StartImpersonation(ctx, caller, wish));
    return { id: session.id, tenantId, userId, reason, expiresAt: session.expiresAt.toISOString(), token };
  }

  @RequirePermission('auth.impersonations.read')
  @ApiOperation({
    summary: 'List operators who act here',
    description: 'Newest first. Those who were here before are in the events `auth.impersonation.started`.',
  })
  @Returns(ImpersonationPage, { description: 'A page of those who are here now.' })
  @Get('impersonations')
  async list(
    @Ctx() ctx: RequestContext,
    @Query({ schema: ListSessionsQuery }) query: ListSessionsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<ImpersonationResponse>> {
    const { items, next } = await this.queryBus.execute(new ListImpersonations(ctx, query));
    return page(response, items, next);
  }

  @RequirePermission('auth.impersonations.read')
  @ApiOperation({
    summary: 'Follow operators who act here',
    description:
      'Each when they come in, as server-sent events, and a message `removed` with the `id` when they are out. That one has gone at their time is not told: `expiresAt` says when that is. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(ImpersonationResponse, { description: 'The stream: one of these in each message.' })
  @Get('impersonations/stream')
  follow(
    @Ctx() ctx: RequestContext,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<ImpersonationResponse>> {
    return this.queryBus.execute(new FollowImpersonations(ctx, lastEventId));
  }

  @RequirePermission('auth.impersonations.end')
  @ApiOperation({ summary: 'Show an operator out', description: 'Within a second they cannot act here.' })
  @ApiProblems({ 404: ['auth.session.not_found'] })
  @ApiNoContentResponse({ description: 'They are out.' })
  @HttpCode(204)
  @Delete('impersonations/:id')
  async end(@Ctx() ctx: RequestContext, @Param('id', { schema: SessionId }) id: string): Promise<void> {
    const command = new EndSession(ctx, { id, whose: 'operator', reason: 'ended_by_admin' });
    if (!(await this.commandBus.execute(command))) throw new SessionNotFound(id);
  }
}
