import { answerWritten } from '@acci/event-store';
import {
  type AnyRequest,
  type AnyResponse,
  ApiProblems,
  correlationIdOf,
  Ctx,
  IfMatch,
  Public,
  RateLimited,
  type RequestContext,
  RequirePermission,
  Returns,
} from '@acci/rest';
import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { tokenLimit } from '../account-limits.js';
import { InviteUserAgain } from '../user/commands/invite-user-again.command.js';
import { UserId, UserWritten } from '../user/user.schemas.js';
import { JoinTenant } from './commands/join-tenant.command.js';
import { AcceptInvitationRequest, JoinedResponse } from './invitation.schemas.js';
import { JoinedAnswer } from './joined-answer.js';

@Controller({ version: '1' })
export class InvitationController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly joined: JoinedAnswer,
  ) {}

  @Public()
  @RateLimited(tokenLimit)
  @ApiTags('Accounts')
  @ApiOperation({
    summary: 'Accept an invitation',
    description:
      'With the token of the mail, which shows that the address is yours. You can log in afterwards.',
  })
  @ApiProblems({
    403: ['tenancy.tenant.suspended', 'tenancy.tenant.deletion_scheduled', 'tenancy.tenant.unknown'],
    409: ['auth.user.not_invited', 'auth.user.locked'],
    422: ['auth.one_time_token.invalid', 'auth.password.refused'],
    503: ['auth.login.overloaded'],
  })
  @Returns(JoinedResponse, { description: 'You are a user of the tenant.' })
  @Post('auth/invitations\\:accept')
  async accept(
    @Body({ schema: AcceptInvitationRequest }) body: AcceptInvitationRequest,
    @Req() request: AnyRequest,
  ): Promise<JoinedResponse> {
    const origin = { correlationId: correlationIdOf(request) };
    return this.joined.of(
      await this.commandBus.execute(new JoinTenant(origin, { purpose: 'invitation', ...body })),
    );
  }

  @RequirePermission('auth.users.invite')
  @ApiTags('Users')
  @ApiOperation({
    operationId: 'userInviteAgain',
    summary: 'Invite a user again',
    description:
      'They get another mail, once a minute at most; the links of the earlier ones work until one is used.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.user.not_found'],
    409: ['auth.user.not_invited', 'auth.user.locked'],
    429: ['auth.user.mail_too_soon'],
  })
  @Returns(UserWritten, { description: 'The mail is on its way.' })
  @Post('users/:id/invite')
  async inviteAgain(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserWritten> {
    return answerWritten(
      response,
      await this.commandBus.execute(new InviteUserAgain(ctx, { id, expectedVersion }, caller)),
    );
  }
}
