import { type AnyRequest, ApiProblems, correlationIdOf, Public, RateLimited, Returns } from '@acci/rest';
import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { mailLimit, tokenLimit } from '../account-limits.js';
import { JoinTenant } from '../invitation/commands/join-tenant.command.js';
import { JoinedAnswer } from '../invitation/joined-answer.js';
import { JoinedResponse } from '../invitation/invitation.schemas.js';
import { QuietAnswers } from '../quiet-answer/quiet-answers.js';
import { anonymousContext } from '../tenant-of-request/anonymous-context.js';
import { TenantOfRequest } from '../tenant-of-request/tenant-of-request.js';
import { RegisterUser } from './commands/register-user.command.js';
import { assertRegistrationOpen } from './registration-open.js';
import { ConfirmRegistrationRequest, RegisterRequest } from './registration.schemas.js';

@ApiTags('Accounts')
@Public()
@Controller({ path: 'auth', version: '1' })
export class RegistrationController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly tenants: TenantOfRequest,
    private readonly answers: QuietAnswers,
    private readonly joined: JoinedAnswer,
  ) {}

  @RateLimited(mailLimit)
  @ApiOperation({
    summary: 'Register',
    description:
      'Where the tenant allows it. A mail goes to the address, whether it is new there or not; the answer does not tell.',
  })
  @ApiProblems({ 403: ['auth.registration.closed'] })
  @ApiAcceptedResponse({ description: 'A mail says what to do next.' })
  @HttpCode(202)
  @Post('registrations')
  async register(
    @Body({ schema: RegisterRequest }) { tenant: slug, email, locale }: RegisterRequest,
    @Req() request: AnyRequest,
  ): Promise<void> {
    const tenant = await this.tenants.find(request, slug);
    assertRegistrationOpen(tenant);
    const command = new RegisterUser(anonymousContext(tenant.id, request), { email, locale });
    await this.answers.after(() => this.commandBus.execute(command));
  }

  @RateLimited(tokenLimit)
  @ApiOperation({
    summary: 'Confirm a registration',
    description:
      'With the token of the mail, which shows that the address is yours. You can log in afterwards.',
  })
  @ApiProblems({
    403: [
      'auth.registration.closed',
      'tenancy.tenant.suspended',
      'tenancy.tenant.deletion_scheduled',
      'tenancy.tenant.unknown',
    ],
    409: ['auth.user.not_invited', 'auth.user.locked'],
    422: ['auth.one_time_token.invalid', 'auth.password.refused'],
    503: ['auth.login.overloaded'],
  })
  @Returns(JoinedResponse, { description: 'You are a user of the tenant.' })
  @Post('registrations\\:confirm')
  async confirm(
    @Body({ schema: ConfirmRegistrationRequest }) body: ConfirmRegistrationRequest,
    @Req() request: AnyRequest,
  ): Promise<JoinedResponse> {
    const origin = { correlationId: correlationIdOf(request) };
    return this.joined.of(
      await this.commandBus.execute(new JoinTenant(origin, { purpose: 'registration', ...body })),
    );
  }
}
