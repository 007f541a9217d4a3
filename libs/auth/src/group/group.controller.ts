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
import { ChangeGroup } from './commands/change-group.command.js';
import { CreateGroup } from './commands/create-group.command.js';
import { DeleteGroup } from './commands/delete-group.command.js';
import {
  ChangeGroupRequest,
  CreateGroupRequest,
  GroupId,
  GroupPage,
  GroupResponse,
  GroupWritten,
  ListGroupsQuery,
} from './group.schemas.js';
import { FollowGroups } from './groups/follow-groups.query.js';
import { GetGroup } from './groups/get-group.query.js';
import { ListGroups } from './groups/list-groups.query.js';

/** The groups of a tenant: `/v1/groups`. */
@ApiTags('Access')
@Controller({ path: 'groups', version: '1' })
export class GroupController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('auth.groups.create')
  @ApiOperation({ summary: 'Create a group', description: 'Without members and roles.' })
  @ApiProblems({ 409: ['auth.group.name_taken'] })
  @Returns(GroupWritten, { status: 201, description: 'The group is there.' })
  @Post()
  async create(
    @Ctx() ctx: RequestContext,
    @Body({ schema: CreateGroupRequest }) { name, description = null }: CreateGroupRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<GroupWritten> {
    const created = await this.commandBus.execute(new CreateGroup(ctx, { name, description }));
    rawResponse(response).setHeader('Location', `/v1/groups/${created.streamId}`);
    return answerWritten(response, created);
  }

  @RequirePermission('auth.groups.read')
  @ApiOperation({ summary: 'List groups' })
  @Returns(GroupPage, { description: 'A page of groups.' })
  @Get()
  async list(
    @Ctx() ctx: RequestContext,
    @Query({ schema: ListGroupsQuery }) query: ListGroupsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<GroupResponse>> {
    const { items, next } = await this.queryBus.execute(new ListGroups(ctx, query));
    return page(response, items, next);
  }

  @RequirePermission('auth.groups.read')
  @ApiOperation({
    operationId: 'groupFollow',
    summary: 'Follow groups',
    description:
      'Each group as it is whenever it, its members or its roles change, as server-sent events, and a message `removed` with its `id` when it is deleted. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(GroupResponse, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  follow(
    @Ctx() ctx: RequestContext,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<GroupResponse>> {
    return this.queryBus.execute(new FollowGroups(ctx, lastEventId));
  }

  @RequirePermission('auth.groups.read')
  @ApiOperation({ summary: 'Get a group' })
  @ApiProblems({ 404: ['auth.group.not_found'] })
  @Returns(GroupResponse, { description: 'The group.' })
  @Get(':id')
  async get(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: GroupId }) id: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<GroupResponse> {
    const group = await this.queryBus.execute(new GetGroup(ctx, id));
    setETag(response, group.version);
    return group;
  }

  @RequirePermission('auth.groups.change')
  @ApiOperation({
    summary: 'Change a group',
    description: 'Everything that is named, or, if refused, nothing.',
  })
  @ApiProblems({ 404: ['auth.group.not_found'], 409: ['auth.group.name_taken'] })
  @Returns(GroupWritten, { description: 'The group is as was asked for.' })
  @Patch(':id')
  async change(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: GroupId }) id: string,
    @Body({ schema: ChangeGroupRequest }) group: ChangeGroupRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<GroupWritten> {
    const command = new ChangeGroup(ctx, { id, expectedVersion, group });
    return answerWritten(response, await this.commandBus.execute(command));
  }

  @RequirePermission('auth.groups.delete')
  @ApiOperation({
    summary: 'Delete a group',
    description:
      'For good, and with it what its members had through it. Whoever does must hold all that the group gives.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.group.not_found'],
    409: ['auth.tenant.last_owner'],
  })
  @ApiNoContentResponse({ description: 'The group is deleted.' })
  @HttpCode(204)
  @Delete(':id')
  async delete(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: GroupId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    answerWritten(
      response,
      await this.commandBus.execute(new DeleteGroup(ctx, caller, { id, expectedVersion })),
    );
  }
}
