import { answerWritten } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  EventStream,
  IfMatch,
  LastEventId,
  page,
  type Page,
  rawResponse,
  type RequestContext,
  RequirePermission,
  Returns,
  setETag,
  type StreamSource,
} from '@acci/rest';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { ChangeRole } from './commands/change-role.command.js';
import { CreateRole } from './commands/create-role.command.js';
import { DeleteRole } from './commands/delete-role.command.js';
import {
  ChangeRoleRequest,
  CreateRoleRequest,
  ListRolesQuery,
  RoleId,
  RolePage,
  RoleResponse,
  RoleWritten,
} from './role.schemas.js';
import { FollowRoles } from './roles/follow-roles.query.js';
import { GetRole } from './roles/get-role.query.js';
import { ListRoles } from './roles/list-roles.query.js';

/** The roles of a tenant: `/v1/roles`. */
@ApiTags('Access')
@Controller({ path: 'roles', version: '1' })
export class RoleController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('auth.roles.create')
  @ApiOperation({
    summary: 'Create a role',
    description: 'Nobody can make a role that gives what they do not hold.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    409: ['auth.role.name_taken'],
    422: ['auth.permission.unknown', 'auth.role.not_platform', 'auth.role.condition_unsupported'],
  })
  @Returns(RoleWritten, { status: 201, description: 'The role is there; nobody has it yet.' })
  @Post()
  async create(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Body({ schema: CreateRoleRequest }) body: CreateRoleRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<RoleWritten> {
    const { description = null, condition = null } = body;
    const command = new CreateRole(ctx, caller, { ...body, description, condition });
    const created = await this.commandBus.execute(command);
    rawResponse(response).setHeader('Location', `/v1/roles/${created.streamId}`);
    return answerWritten(response, created);
  }

  @RequirePermission('auth.roles.read')
  @ApiOperation({ summary: 'List roles', description: 'The built-in ones and the tenant’s own.' })
  @Returns(RolePage, { description: 'A page of roles.' })
  @Get()
  async list(
    @Ctx() ctx: RequestContext,
    @Query({ schema: ListRolesQuery }) query: ListRolesQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<RoleResponse>> {
    const { items, next } = await this.queryBus.execute(new ListRoles(ctx, query));
    return page(response, items, next);
  }

  @RequirePermission('auth.roles.read')
  @ApiOperation({
    operationId: 'roleFollow',
    summary: 'Follow roles',
    description:
      'Each role of the tenant’s own as it is whenever it changes, as server-sent events, and a message `removed` with its `id` when it is deleted. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(RoleResponse, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  follow(
    @Ctx() ctx: RequestContext,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<RoleResponse>> {
    return this.queryBus.execute(new FollowRoles(ctx, lastEventId));
  }

  @RequirePermission('auth.roles.read')
  @ApiOperation({ summary: 'Get a role' })
  @ApiProblems({ 404: ['auth.role.not_found'] })
  @Returns(RoleResponse, { description: 'The role.' })
  @Get(':id')
  async get(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: RoleId }) id: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<RoleResponse> {
    const role = await this.queryBus.execute(new GetRole(ctx, id));
    if (!role.builtIn) setETag(response, role.version);
    return role;
  }

  @RequirePermission('auth.roles.change')
  @ApiOperation({
    summary: 'Change a role',
    description:
      'Everything that is named, or, if refused, nothing; for everybody who has the role, at once. Whoever changes what it gives must hold all that it gave, and all that it gives then.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.role.not_found'],
    409: ['auth.role.name_taken', 'auth.role.built_in'],
    422: ['auth.permission.unknown', 'auth.role.not_platform', 'auth.role.condition_unsupported'],
  })
  @Returns(RoleWritten, { description: 'The role is as was asked for.' })
  @Patch(':id')
  async change(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: RoleId }) id: string,
    @Body({ schema: ChangeRoleRequest }) role: ChangeRoleRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<RoleWritten> {
    const command = new ChangeRole(ctx, caller, { id, expectedVersion, role });
    return answerWritten(response, await this.commandBus.execute(command));
  }

  @RequirePermission('auth.roles.delete')
  @ApiOperation({ summary: 'Delete a role', description: 'One that nobody has, for good.' })
  @ApiProblems({
    404: ['auth.role.not_found'],
    409: ['auth.role.assigned', 'auth.role.built_in'],
  })
  @ApiNoContentResponse({ description: 'The role is deleted.' })
  @HttpCode(204)
  @Delete(':id')
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: RoleId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    answerWritten(response, await this.commandBus.execute(new DeleteRole(ctx, { id, expectedVersion })));
  }
}
