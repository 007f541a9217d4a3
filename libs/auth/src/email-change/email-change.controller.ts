import {
  type AnyRequest,
  ApiProblems,
  correlationIdOf,
  Ctx,
  NeverKept,
  Public,
  RateLimited,
  type RequestContext,
  RequirePermission,
} from '@acci/rest';
import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { mailLimit, tokenLimit } from '../account-limits.js';
import { userIdOf } from '../user/user-id-of.js';
import { ConfirmEmailChangeByToken } from './commands/confirm-email-change-by-token.command.js';
import { RequestOwnEmailChange } from './commands/request-own-email-change.command.js';
import { ChangeEmailRequest, ConfirmEmailChangeRequest } from './email-change.schemas.js';

@Controller({ version: '1' })
export class EmailChangeController {
  constructor(private readonly commandBus: CommandBus) {}

  @RequirePermission('auth.me.change')
  @NeverKept()
  @RateLimited(mailLimit)
  @ApiTags('Users')
  @ApiOperation({
    operationId: 'meChangeEmail',
    summary: 'Ask for another e-mail address',
    description:
      'A mail goes there, by which you show that it is yours; until then you keep the old one. It is not said whether somebody has it.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.caller.not_a_user'],
    409: ['auth.user.not_active', 'auth.user.locked'],
    422: ['auth.password.wrong'],
    429: ['request.rate_limited', 'auth.login.throttled', 'auth.user.mail_too_soon'],
    503: ['auth.login.overloaded'],
  })
  @ApiAcceptedResponse({ description: 'A mail is on its way to the new address.' })
  @HttpCode(202)
  @Post('me/email')
  async request(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Body({ schema: ChangeEmailRequest }) { email, password }: ChangeEmailRequest,
  ): Promise<void> {
    const userId = userIdOf(caller);
    await this.commandBus.execute(new RequestOwnEmailChange(ctx, { userId, email, password }));
  }

  @Public()
  @RateLimited(tokenLimit)
  @ApiTags('Accounts')
  @ApiOperation({
    summary: 'Confirm another e-mail address',
    description: 'With the token of the mail that went there. The old address gets a notice.',
  })
  @ApiProblems({
    403: ['tenancy.tenant.suspended', 'tenancy.tenant.deletion_scheduled', 'tenancy.tenant.unknown'],
    409: [
      'auth.user.not_active',
      'auth.user.locked',
      'auth.user.email_change_not_requested',
      'auth.user.email_taken',
    ],
    422: ['auth.one_time_token.invalid'],
  })
  @ApiNoContentResponse({ description: 'The address is the new one.' })
  @HttpCode(204)
  @Post('auth/email-changes\\:confirm')
  async confirm(
    @Body({ schema: ConfirmEmailChangeRequest }) body: ConfirmEmailChangeRequest,
    @Req() request: AnyRequest,
  ): Promise<void> {
    await this.commandBus.execute(
      new ConfirmEmailChangeByToken({ correlationId: correlationIdOf(request) }, body),
    );
  }
}
