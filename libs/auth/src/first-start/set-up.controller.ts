import { type AnyRequest, ApiProblems, correlationIdOf, Public, RateLimited, Returns } from '@acci/rest';
import { Body, Controller, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { tokenLimit } from '../account-limits.js';
import { JoinedResponse } from '../invitation/invitation.schemas.js';
import { JoinedAnswer } from '../invitation/joined-answer.js';
import { ConfirmSetUp } from './confirm-set-up.command.js';
import { ConfirmSetUpRequest } from './set-up.schemas.js';

@ApiTags('Accounts')
@Public()
@Controller({ path: 'auth', version: '1' })
export class SetUpController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly joined: JoinedAnswer,
  ) {}

  @RateLimited(tokenLimit)
  @ApiOperation({
    summary: 'Set up the platform',
    description:
      'Makes the account of the first operator, with the token of the link that the first start printed. You can log in afterwards.',
  })
  @ApiProblems({
    409: ['auth.user.email_taken', 'auth.user.user_name_taken'],
    422: ['auth.one_time_token.invalid', 'auth.password.refused'],
    503: ['auth.login.overloaded'],
  })
  @Returns(JoinedResponse, { description: 'You run the platform.' })
  @Post('set-up\\:confirm')
  async confirm(
    @Body({ schema: ConfirmSetUpRequest }) body: ConfirmSetUpRequest,
    @Req() request: AnyRequest,
  ): Promise<JoinedResponse> {
    const origin = { correlationId: correlationIdOf(request) };
    return this.joined.of(await this.commandBus.execute(new ConfirmSetUp(origin, body)));
  }
}
