import {
  type AnyRequest,
  type AnyResponse,
  ApiProblems,
  correlationIdOf,
  Public,
  RateLimited,
} from '@acci/rest';
import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { mailLimit, tokenLimit } from '../account-limits.js';
import { KnownDevices } from '../login/known-devices.js';
import { QuietAnswers } from '../quiet-answer/quiet-answers.js';
import { anonymousContext } from '../tenant-of-request/anonymous-context.js';
import { TenantOfRequest } from '../tenant-of-request/tenant-of-request.js';
import { RequestPasswordReset } from '../user/commands/request-password-reset.command.js';
import { ResetPassword } from './commands/reset-password.command.js';
import { ConfirmPasswordResetRequest, PasswordResetRequest } from './password-reset.schemas.js';

@ApiTags('Accounts')
@Public()
@Controller({ path: 'auth', version: '1' })
export class PasswordResetController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly tenants: TenantOfRequest,
    private readonly answers: QuietAnswers,
    private readonly devices: KnownDevices,
  ) {}

  @RateLimited(mailLimit)
  @ApiOperation({
    summary: 'Ask for a new password',
    description:
      'Whoever has such an account, and may log in, gets a mail, once a minute at most. The answer is the same, after the same time, whether there is one or not.',
  })
  @ApiAcceptedResponse({ description: 'If there is such an account, a mail is on its way.' })
  @HttpCode(202)
  @Post('password-resets')
  async request(
    @Body({ schema: PasswordResetRequest }) { tenant: slug, login }: PasswordResetRequest,
    @Req() request: AnyRequest,
  ): Promise<void> {
    await this.answers.after(async () => {
      const tenant = await this.tenants.find(request, slug);
      if (!tenant) return;
      await this.commandBus.execute(
        new RequestPasswordReset(anonymousContext(tenant.id, request), { login }),
      );
    });
  }

  @RateLimited(tokenLimit)
  @ApiOperation({
    summary: 'Choose a new password',
    description: 'With the token of the mail, within 30 minutes. All of your sessions end.',
  })
  @ApiProblems({
    403: ['tenancy.tenant.suspended', 'tenancy.tenant.deletion_scheduled', 'tenancy.tenant.unknown'],
    409: ['auth.user.not_active', 'auth.user.locked'],
    422: ['auth.one_time_token.invalid', 'auth.password.refused'],
    503: ['auth.login.overloaded'],
  })
  @ApiNoContentResponse({ description: 'The password is the new one.' })
  @HttpCode(204)
  @Post('password-resets\\:confirm')
  async confirm(
    @Body({ schema: ConfirmPasswordResetRequest }) body: ConfirmPasswordResetRequest,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    const origin = { correlationId: correlationIdOf(request) };
    const { logins, ...user } = await this.commandBus.execute(new ResetPassword(origin, body));
    // Whoever reads the user's mail is the user: they need not wait for what others guess wrong meanwhile.
    for (const login of logins) await this.devices.rememberBrowser(response, { ...user, login });
  }
}
