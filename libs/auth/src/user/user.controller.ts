import { answerWritten } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  IfMatch,
  page,
  type Page,
  rawResponse,
  type RequestContext,
  RequirePermission,
  Returns,
  setETag,
} from '@acci/rest';
import { Body, Controller, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { Abilities } from '../grant/abilities.js';
import { AppliesConditions } from '../grant/applies-conditions.decorator.js';
import { ChangeUserProfile } from './commands/change-user-profile.command.js';
import { InviteUser } from './commands/invite-user.command.js';
import { UserNotFound } from './user.errors.js';
import {
  ChangeUserRequest,
  InviteUserRequest,
  ListUsersQuery,
  UserId,
  UserPage,
  UserResponse,
  UserWritten,
} from './user.schemas.js';
import { GetUser } from './users/get-user.query.js';
import { ListUsers } from './users/list-users.query.js';
import { visibleUserColumns } from './users/user-filter.js';

/** The users of a tenant, for those who manage them: `/v1/users`. */
@ApiTags('Users')
@Controller({ path: 'users', version: '1' })
export class UserController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
    private readonly abilities: Abilities,
  ) {}

  @RequirePermission('auth.users.invite')
  @ApiOperation({
    summary: 'Invite a user',
    description: 'They are mailed a link, and become active by it.',
  })
  @ApiProblems({ 409: ['auth.user.email_taken', 'auth.user.user_name_taken'] })
  @Returns(UserWritten, { status: 201, description: 'The user is invited.' })
  @Post()
  async invite(
    @Ctx() ctx: RequestContext,
    @Body({ schema: InviteUserRequest }) body: InviteUserRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserWritten> {
    const invited = await this.commandBus.execute(new InviteUser(ctx, body));
    rawResponse(response).setHeader('Location', `/v1/users/${invited.streamId}`);
    return answerWritten(response, invited);
  }

  @RequirePermission('auth.users.read')
  @AppliesConditions(Object.keys(visibleUserColumns))
  @ApiOperation({
    summary: 'List users',
    description:
      'Filtered, sorted, a page at a time. Under a condition, those that it leaves. A search for words that thousands have can answer with fewer than `limit`, or none, and a cursor to go on with.',
  })
  @Returns(UserPage, { description: 'A page of users.' })
  @Get()
  async list(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Query({ schema: ListUsersQuery }) query: ListUsersQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<UserResponse>> {
    const visible = this.abilities.filterFor(caller, 'auth.users.read', visibleUserColumns);
    const { items, next } = await this.queryBus.execute(new ListUsers(ctx, query, visible));
    return page(response, items, next);
  }

  @RequirePermission('auth.users.read')
  @AppliesConditions(Object.keys(visibleUserColumns))
  @ApiOperation({ summary: 'Get a user' })
  @ApiProblems({ 404: ['auth.user.not_found'] })
  @Returns(UserResponse, { description: 'The user.' })
  @Get(':id')
  async get(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) id: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserResponse> {
    const user = await this.queryBus.execute(new GetUser(ctx, id));
    if (!this.abilities.can(caller, 'auth.users.read', user)) throw new UserNotFound(id);
    setETag(response, user.version);
    return user;
  }

  @RequirePermission('auth.users.change')
  @ApiOperation({
    summary: 'Change a user',
    description:
      'Everything that is named, or, if refused, nothing. The address is not among it: only its owner changes it, by a link that is mailed there.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.user.not_found'],
    409: ['auth.user.user_name_taken'],
  })
  @Returns(UserWritten, { description: 'The user is as was asked for.' })
  @Patch(':id')
  async change(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) id: string,
    @Body({ schema: ChangeUserRequest }) profile: ChangeUserRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserWritten> {
    // Whoever sees some users only must not bring others among them, by changing what the condition tests.
    if (this.abilities.isPartial(caller, 'auth.users.read')) await this.get(ctx, caller, id, response);
    const command = new ChangeUserProfile(ctx, { id, expectedVersion, profile }, caller);
    return answerWritten(response, await this.commandBus.execute(command));
  }
}
