import { answerPosition } from '@acci/event-store';
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
import { Controller, Delete, Get, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { UserId } from '../user/user.schemas.js';
import { SetGroupMember } from './commands/set-group-member.command.js';
import { GroupId, GroupMemberPage, GroupMemberResponse, ListGroupMembersQuery } from './group.schemas.js';
import { FollowGroupMembers } from './groups/follow-group-members.query.js';
import { ListGroupMembers } from './groups/list-group-members.query.js';

/** Who is in a group: `/v1/groups/{id}/members`. */
@ApiTags('Access')
@Controller({ path: 'groups/:id/members', version: '1' })
export class GroupMemberController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('auth.groups.read')
  @ApiOperation({ summary: 'List the members of a group' })
  @ApiProblems({ 404: ['auth.group.not_found'] })
  @Returns(GroupMemberPage, { description: 'A page of members.' })
  @Get()
  async list(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: GroupId }) id: string,
    @Query({ schema: ListGroupMembersQuery }) query: ListGroupMembersQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<GroupMemberResponse>> {
    const { items, next } = await this.queryBus.execute(new ListGroupMembers(ctx, id, query));
    return page(response, items, next);
  }

  @RequirePermission('auth.groups.read')
  @ApiOperation({
    summary: 'Follow the members of a group',
    description:
      'Each member when they come or are renamed, as server-sent events, and a message `removed`, whose `id` is their `userId`, when they leave or are deleted. The stream ends with the group. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @ApiProblems({ 404: ['auth.group.not_found'] })
  @EventStream(GroupMemberResponse, {
    description: 'The stream: one of these in each message.',
    key: 'userId',
  })
  @Get('stream')
  follow(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: GroupId }) id: string,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<GroupMemberResponse>> {
    return this.queryBus.execute(new FollowGroupMembers(ctx, id, lastEventId));
  }

  @RequirePermission('auth.groups.assign')
  @ApiOperation({
    summary: 'Take a user into a group',
    description: 'Whoever does must hold all that the group gives. Once more changes nothing.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.group.not_found', 'auth.user.not_found'],
  })
  @ApiNoContentResponse({ description: 'The user is a member.' })
  @HttpCode(204)
  @Put(':userId')
  add(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: GroupId }) groupId: string,
    @Param('userId', { schema: UserId }) userId: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    return this.write(response, new SetGroupMember(ctx, caller, { groupId, userId, isMember: true }));
  }

  @RequirePermission('auth.groups.assign')
  @ApiOperation({
    summary: 'Take a user out of a group',
    description: 'Whoever does must hold all that the group gives. Once more changes nothing.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.group.not_found'],
    409: ['auth.tenant.last_owner'],
  })
  @ApiNoContentResponse({ description: 'The user is no member.' })
  @HttpCode(204)
  @Delete(':userId')
  remove(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: GroupId }) groupId: string,
    @Param('userId', { schema: UserId }) userId: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    return this.write(response, new SetGroupMember(ctx, caller, { groupId, userId, isMember: false }));
  }

  private async write(response: AnyResponse, command: SetGroupMember): Promise<void> {
    answerPosition(response, await this.commandBus.execute(command));
  }
}
