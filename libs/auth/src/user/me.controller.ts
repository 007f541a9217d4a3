import { answerWritten } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  IfMatch,
  type RequestContext,
  RequirePermission,
  Returns,
  setETag,
} from '@acci/rest';
import { Body, Controller, Get, Patch, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { ChangeUserProfile } from './commands/change-user-profile.command.js';
import { userIdOf } from './user-id-of.js';
import { ChangeMeRequest, UserResponse, UserWritten } from './user.schemas.js';
import { GetUser } from './users/get-user.query.js';

/** Whoever asks, as a user: `/v1/me`. */
@ApiTags('Users')
@Controller({ path: 'me', version: '1' })
export class MeController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('auth.me.read')
  @ApiOperation({
    summary: 'Get yourself',
    description: 'The user who asks. An API key is none, and is refused.',
  })
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.caller.not_a_user'] })
  @Returns(UserResponse, { description: 'You.' })
  @Get()
  async get(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserResponse> {
    const user = await this.queryBus.execute(new GetUser(ctx, userIdOf(caller)));
    setETag(response, user.version);
    return user;
  }

  @RequirePermission('auth.me.change')
  @ApiOperation({
    summary: 'Change your own profile',
    description:
      'What you are called, and in which language. User name and department are for whoever manages users.',
  })
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.caller.not_a_user'] })
  @Returns(UserWritten, { description: 'Your profile is as was asked for.' })
  @Patch()
  async change(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Body({ schema: ChangeMeRequest }) profile: ChangeMeRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserWritten> {
    const command = new ChangeUserProfile(ctx, { id: userIdOf(caller), expectedVersion, profile });
    return answerWritten(response, await this.commandBus.execute(command));
  }
}
