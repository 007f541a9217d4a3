import {
  type AnyRequest,
  type AnyResponse,
  ApiProblems,
  correlationIdOf,
  Public,
  RateLimited,
  Returns,
} from '@acci/rest';
import { Body, Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { clientOf } from '../session/client-of.js';
import { csrfTokenOf } from '../session/csrf.js';
import { ReplacedSessions } from '../session/replaced-sessions.js';
import { SessionCookies } from '../session/session-cookies.js';
import { LogIn } from './commands/log-in.command.js';
import { KnownDevices } from './known-devices.js';
import { LocalLoginGuard, Proven } from './local-login.guard.js';
import { LoginFailed } from './login.errors.js';
import { LoginRequest, LoginResponse } from './login.schemas.js';
import type { ProvenUser } from './password-login.js';

@ApiTags('Login')
@Public()
@Controller({ path: 'auth', version: '1' })
export class LoginController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly cookies: SessionCookies,
    private readonly replaced: ReplacedSessions,
    private readonly devices: KnownDevices,
  ) {}

  @UseGuards(LocalLoginGuard)
  @RateLimited({ name: 'logins', limit: 300, windowSeconds: 60 })
  @ApiOperation({
    summary: 'Log in',
    description:
      'With a password. Who is unknown, has a wrong password or is kept out gets the same answer. After some failures you wait: for a second, and twice as long from one to the next.',
  })
  @ApiProblems({
    401: ['auth.login.failed'],
    403: ['auth.csrf.refused', 'tenancy.tenant.suspended', 'tenancy.tenant.deletion_scheduled'],
    429: ['request.rate_limited', 'auth.login.throttled'],
    503: ['auth.login.overloaded'],
  })
  @Returns(LoginResponse, { description: 'You are logged in.' })
  @HttpCode(200)
  @Post('login')
  async logIn(
    @Body({ schema: LoginRequest }) { as, login }: LoginRequest,
    @Proven() proven: ProvenUser | undefined,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<LoginResponse> {
    if (!proven) throw new LoginFailed();
    const { tenantId, userId, amr, password, deviceId } = proven;
    const ctx = { tenantId, actor: `user:${userId}`, correlationId: correlationIdOf(request) };
    const client = clientOf(request);
    const started = await this.commandBus.execute(new LogIn(ctx, { userId, amr, password, client }));
    const { id: sessionId, expiresAt } = started.session;
    const session = { tenantId, userId, sessionId, expiresAt: expiresAt.toISOString() };
    if (as === 'token') {
      const device = await this.devices.remember(tenantId, userId, deviceId);
      return { ...session, token: started.token, csrfToken: null, device };
    }
    await this.replaced.end(request);
    this.cookies.set(response, started);
    await this.devices.rememberBrowser(response, { tenantId, userId, login }, deviceId);
    return { ...session, token: null, csrfToken: csrfTokenOf(started.token), device: null };
  }
}
