import {
  type AnyRequest,
  type AnyResponse,
  ApiProblems,
  Ctx,
  NeverKept,
  rawRequest,
  type RequestContext,
  RequirePermission,
  Returns,
} from '@acci/rest';
import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { csrfTokenOf } from '../session/csrf.js';
import { CallerHasNoSession } from '../session/session.errors.js';
import { SessionCookies } from '../session/session-cookies.js';
import { ChangePassword } from './commands/change-password.command.js';
import { ChangePasswordRequest, PasswordChanged } from './password.schemas.js';

/** The password of whoever asks. */
@ApiTags('Login')
@Controller({ path: 'me', version: '1' })
export class MyPasswordController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly cookies: SessionCookies,
  ) {}

  @RequirePermission('auth.me.change_password')
  @NeverKept()
  @ApiOperation({
    summary: 'Change your password',
    description:
      'Your other sessions end, and the links that were mailed to you. This session goes on with a new token.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.caller.no_session'],
    409: ['auth.user.not_active', 'auth.user.locked'],
    422: ['auth.password.wrong', 'auth.password.refused'],
    429: ['request.rate_limited', 'auth.login.throttled'],
    503: ['auth.login.overloaded'],
  })
  @Returns(PasswordChanged, { description: 'The password is the new one.' })
  @HttpCode(200)
  @Post('password')
  async change(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Body({ schema: ChangePasswordRequest }) body: ChangePasswordRequest,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<PasswordChanged> {
    const { subject, sessionId, impersonator } = caller;
    // An operator who acts as somebody has no business with their password.
    if (subject?.type !== 'user' || sessionId === undefined || impersonator) throw new CallerHasNoSession();
    const change = { ...body, userId: subject.id, sessionId };
    const { token, expiresAt } = await this.commandBus.execute(new ChangePassword(ctx, change));
    if (this.cookies.tokenOf(rawRequest(request)) === undefined) return { token, csrfToken: null };
    this.cookies.renew(response, token, expiresAt);
    return { token: null, csrfToken: csrfTokenOf(token) };
  }
}
